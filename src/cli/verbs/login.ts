import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";

import { createClient, findServer } from "../client.ts";
import { storeLogin } from "../login-file.ts";
import { problems } from "../problems.ts";
import { serverOptions } from "../server-verb.ts";
import { readInput } from "../standard-input.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb } from "../verb.ts";

const meSchema = z.object({
  principal: z.object({ id: z.string(), name: z.string() }),
  grants: z.array(z.object({ role: z.string(), project: z.string().nullable() })),
});

export function registerLogin(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, {
    usage: "login",
    summary: "store a token for a server, in a file only you can read",
    examples: [
      ["gyre login --url https://gyre.example.org", "asks for the token without showing it"],
      ["gyre login < token.txt", "reads it from standard input: a token never stands in a command line"],
    ],
    options: serverOptions,
    schema: z.object({ url: z.string().optional() }),
    async act({ options }) {
      const server = findServer(options.url);
      const token = (terminal.isInteractive ? await askForToken(server.url) : await readInput()).trim();
      if (token === "") {
        throw new Problem(problems.login_refused, { message: "No token was given on standard input." });
      }
      // Checked before it is stored: a wrong token must not push out a right one.
      const { principal, grants } = await createClient({ ...server, token }).get("/api/v1/me", meSchema);
      const file = storeLogin(server.url, { token, name: principal.name });
      if (terminal.wantsJson) return terminal.printJson({ url: server.url, principal, grants, file });
      const roles = grants.map(
        ({ role, project }) => `${role} ${project === null ? "everywhere" : `in ${project}`}`,
      );
      terminal.print(
        `Signed in to ${server.url} as ${principal.name} (${roles.join(", ") || "no role yet"}).`,
      );
      terminal.say(`The token is in ${file}.`);
    },
  });
}

async function askForToken(url: string): Promise<string> {
  const { isCancel, password } = await import("@clack/prompts");
  const answer = await password({ message: `Token for ${url}` });
  if (isCancel(answer)) process.exit(130);
  return answer;
}
