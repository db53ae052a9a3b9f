import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";

import { path } from "../client.ts";
import { exampleText } from "../help.ts";
import { printPage, printRows } from "../listing.ts";
import { problems } from "../problems.ts";
import { addServerVerb } from "../server-verb.ts";
import { readInput } from "../standard-input.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";
import { timeText } from "../words.ts";

const secretSchema = z.looseObject({ name: z.string(), setAtMs: z.number() });

export function registerSecret(program: Command, terminal: Terminal): void {
  const group = program
    .command("secret")
    .description("what stages of the pipeline may know and nobody may read")
    .addHelpText("before", () =>
      exampleText(terminal, [
        ["gyre secret", "which there are"],
        ["gyre secret set API_TOKEN < token.txt", "set one"],
      ]),
    )
    .copyInheritedSettings(program);
  addServerVerb(group, terminal, {
    usage: "list",
    summary: "list the secrets by their names",
    isDefault: true,
    examples: [["gyre secret", "which there are, and since when"]],
    schema: z.object({}),
    async act({ client, project }) {
      const address = path`/api/v1/projects/${project}/secrets`;
      const { secrets } = await client.get(address, z.object({ secrets: z.array(secretSchema) }));
      printRows(
        terminal,
        secrets,
        [
          { title: "name", of: ({ name }) => name },
          { title: "set", of: ({ setAtMs }) => timeText(setAtMs) },
        ],
        "There is no secret; set one with: gyre secret set API_TOKEN < token.txt",
      );
    },
  });
  addServerVerb(group, terminal, {
    usage: "set <name>",
    summary: "set a secret to what is read from standard input",
    arguments: { name: "the variable by which a stage sees it; the stage names it under meta.gyre.secrets" },
    examples: [
      ["gyre secret set API_TOKEN < token.txt", "never on the command line, where others could read it"],
    ],
    schema: z.object({}),
    async act(call) {
      const value = (await readInput()).replace(/\r?\n$/, "");
      if (value === "") {
        throw new Problem(problems.call_invalid, {
          message: "Nothing came from standard input.",
          next: `Send the value, as in: gyre secret set ${word(call, 0)} < token.txt`,
        });
      }
      const address = path`/api/v1/projects/${call.project}/secrets/${word(call, 0)}`;
      const secret = await call.client.send("PUT", address, secretSchema, { value });
      printPage(terminal, secret, [`Set ${secret.name}.`]);
    },
  });
  addServerVerb(group, terminal, {
    usage: "remove <name>",
    summary: "remove a secret",
    arguments: { name: "the name of a secret" },
    examples: [["gyre secret remove API_TOKEN", "stages that name it fail from now on"]],
    schema: z.object({}),
    async act(call) {
      const name = word(call, 0);
      await call.client.send("DELETE", path`/api/v1/projects/${call.project}/secrets/${name}`, z.unknown());
      printPage(terminal, { removed: name }, [`Removed ${name}.`]);
    },
  });
}
