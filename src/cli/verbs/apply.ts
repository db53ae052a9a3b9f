import type { Command } from "commander";
import { z } from "zod";

import { appliedLines, applyFolder } from "../apply-folder.ts";
import { requireSoundProject } from "../check-project.ts";
import { connect } from "../client.ts";
import { printPage } from "../listing.ts";
import { requireProjectFolder } from "../project.ts";
import { serverOptions } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb } from "../verb.ts";

export function registerApply(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, {
    usage: "apply",
    summary: "make the server agree with gyre.yaml, and import its data",
    examples: [["gyre apply", "idempotent: a second time changes nothing"]],
    options: serverOptions,
    schema: z.object({ url: z.string().optional() }),
    async act({ options }) {
      const folder = requireProjectFolder();
      // Mistakes are told here, with their place in the file, before the server is asked.
      await requireSoundProject(folder);
      const applied = await applyFolder(connect(options.url), folder);
      printPage(terminal, applied, appliedLines(applied));
    },
  });
}
