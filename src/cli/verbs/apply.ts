import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { parseProjectFile } from "#objectives";

import { connect, path } from "../client.ts";
import { requireProjectFolder, shownPath } from "../project.ts";
import { serverOptions } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb } from "../verb.ts";

const answerSchema = z.looseObject({
  project: z.string(),
  version: z.number(),
  created: z.boolean(),
  applied: z.boolean(),
  changed: z.array(z.string()),
  datasets: z.array(
    z.looseObject({
      dataset: z.string(),
      number: z.number(),
      state: z.string(),
      imported: z.boolean(),
      breaches: z.array(z.looseObject({ message: z.string() })).default([]),
    }),
  ),
});
type Answer = z.infer<typeof answerSchema>;

export function registerApply(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, {
    usage: "apply",
    summary: "make the server agree with gyre.yaml, and import its data",
    examples: [["gyre apply", "idempotent: a second time changes nothing"]],
    options: serverOptions,
    schema: z.object({ url: z.string().optional() }),
    async act({ options }) {
      const folder = requireProjectFolder();
      const file = join(folder, "gyre.yaml");
      // Mistakes are told here, with their place in the file, before the server is asked.
      const { project } = parseProjectFile(readFileSync(file, "utf8"), shownPath(file));
      const client = connect(options.url);
      const answer = await client.send("POST", path`/api/v1/projects/${project}/apply`, answerSchema, {
        folder,
      });
      if (terminal.wantsJson) return terminal.printJson(answer);
      for (const line of sentences(answer)) terminal.print(line);
    },
  });
}

function sentences(answer: Answer): readonly string[] {
  const { project, version, created, applied, changed, datasets } = answer;
  const charter = applied
    ? `${created ? "Added" : "Changed"} ${project}: charter version ${version}${changed.length === 0 ? "" : ` (${changed.join(", ")})`}.`
    : `${project} is as gyre.yaml says already: charter version ${version}.`;
  return [
    charter,
    ...datasets.flatMap(({ dataset, number, state, imported, breaches }) => [
      `${imported ? "Imported" : "Unchanged:"} ${dataset}@${number}${state === "usable" ? "" : `, ${state}: it breaks its contract`}.`,
      ...breaches.map(({ message }) => `  ${message}`),
    ]),
  ];
}
