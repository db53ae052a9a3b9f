import type { Command } from "commander";
import { z } from "zod";

import { roleNames } from "#access";

import { connect, path } from "../client.ts";
import { printRows } from "../listing.ts";
import { serverOptions } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb, word } from "../verb.ts";
import { timeText } from "../words.ts";

const principalSchema = z.looseObject({ id: z.string(), name: z.string(), kind: z.string() });
const listedSchema = principalSchema.extend({
  grants: z.array(z.looseObject({ role: z.string(), project: z.string().nullable() })),
  tokens: z.array(z.looseObject({ revokedAtMs: z.number().nullable(), lastUsedAtMs: z.number().nullable() })),
});
const tokenSchema = z.object({ secret: z.string(), token: z.looseObject({ id: z.string() }) });
const roleSchema = z.enum(roleNames, { error: `one of ${roleNames.join(", ")}` });

export function registerPeople(program: Command, terminal: Terminal): void {
  const people = addVerb(program, terminal, {
    usage: "people",
    summary: "list who may do what, add somebody",
    examples: [
      ["gyre people", "everybody, with roles"],
      ["gyre people add ada --role approver", "prints her token, once"],
    ],
    options: serverOptions,
    schema: z.object({ url: z.string().optional() }),
    act: async ({ options }) => await list(terminal, options.url),
  });
  addVerb(people, terminal, {
    usage: "add <name>",
    summary: "add a person, or a service, and print a token once",
    arguments: { name: "how the person or service is called" },
    examples: [
      ["gyre people add ada --role approver", "in all projects"],
      ["gyre people add nightly --service --role contributor --in airline-care", "a service, in one project"],
    ],
    options: [
      { flags: "--role <role>", says: `one of ${roleNames.join(", ")} (viewer)` },
      { flags: "--in <project>", says: "the role holds in one project only" },
      { flags: "--service", says: "not a person" },
      ...serverOptions,
    ],
    schema: z.object({
      role: roleSchema.default("viewer"),
      in: z.string().optional(),
      service: z.boolean().default(false),
      url: z.string().optional(),
    }),
    async act(call) {
      const { role, in: project, service, url } = call.options;
      const client = connect(url);
      const name = word(call, 0);
      const added = await client.send("POST", "/api/v1/principals", principalSchema, {
        name,
        kind: service ? "service" : "person",
        ...(project === undefined ? { role } : {}),
      });
      if (project !== undefined) {
        const grant = { principal: added.id, role };
        await client.send("POST", path`/api/v1/projects/${project}/grants`, z.void(), grant);
      }
      const { secret, token } = await client.send(
        "POST",
        path`/api/v1/principals/${added.id}/tokens`,
        tokenSchema,
        { label: "issued with gyre people add" },
      );
      if (terminal.wantsJson)
        return terminal.printJson({ ...added, role, project: project ?? null, token: token.id, secret });
      terminal.print(secret);
      terminal.say(
        `${name} is ${role} ${project === undefined ? "everywhere" : `in ${project}`}. This token is shown this once.`,
      );
      terminal.say("It is used with: gyre login, or in GYRE_TOKEN and MLFLOW_TRACKING_TOKEN");
    },
  });
}

async function list(terminal: Terminal, url: string | undefined): Promise<void> {
  const principals = await connect(url).get("/api/v1/principals", z.array(listedSchema));
  printRows(
    terminal,
    principals,
    [
      { title: "name", of: ({ name }) => name },
      { title: "kind", of: ({ kind }) => kind },
      {
        title: "roles",
        of: ({ grants }) =>
          grants.map(({ role, project }) => (project === null ? role : `${role} in ${project}`)).join(", ") ||
          "-",
      },
      {
        title: "tokens",
        of: ({ tokens }) => String(tokens.filter(({ revokedAtMs }) => revokedAtMs === null).length),
        isNumber: true,
      },
      {
        title: "last used",
        of: ({ tokens }) =>
          timeText(Math.max(0, ...tokens.map(({ lastUsedAtMs }) => lastUsedAtMs ?? 0)) || null),
      },
      { title: "id", of: ({ id }) => id },
    ],
    "Nobody is known yet.",
  );
}
