import { resolve } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { describe, generate } from "#objectives";

import { requireSoundProject } from "../check-project.ts";
import { section } from "../listing.ts";
import { requireProjectFolder } from "../project.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb } from "../verb.ts";
import { countText } from "../words.ts";

export function registerCheck(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, {
    usage: "check [folder]",
    summary: "validate the project's files, show what follows from them",
    arguments: { folder: "a folder in the project (this one)" },
    examples: [
      ["gyre check", "gates, threshold, monitors, retraining and rollout that follow from gyre.yaml"],
      ["gyre check --json", "the same for a program"],
    ],
    schema: z.object({}),
    async act({ words }) {
      const [typed] = words;
      const folder = requireProjectFolder(typed === undefined ? undefined : resolve(typed));
      const { project, pipeline, files } = await requireSoundProject(folder);
      const sections = describe(project);
      const stages = pipeline?.stages.map(({ name }) => name) ?? [];
      if (terminal.wantsJson) {
        return terminal.printJson({
          project: project.project,
          files,
          stages,
          ...generate(project),
          description: sections,
        });
      }
      terminal.print(`Project ${project.project}`);
      for (const { heading, lines } of sections) {
        for (const line of section(
          terminal,
          heading,
          lines.map((text) => `- ${text}`),
        ))
          terminal.print(line);
      }
      for (const line of section(terminal, "Pipeline", stages.length === 0 ? [] : [stages.join(", ")])) {
        terminal.print(line);
      }
      terminal.say("");
      terminal.say(`${countText(files.length, "file")} checked: ${files.join(", ")}.`);
    },
  });
}
