import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { parseProjectFile } from "#objectives";

import { appliedLines, applyFolder } from "../apply-folder.ts";
import { connect } from "../client.ts";
import { printPage } from "../listing.ts";
import { requireProjectFolder, shownPath } from "../project.ts";
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
      const file = join(folder, "gyre.yaml");
      // Mistakes are told here, with their place in the file, before the server is asked.
      parseProjectFile(readFileSync(file, "utf8"), shownPath(file));
      const applied = await applyFolder(connect(options.url), folder);
      printPage(terminal, applied, appliedLines(applied));
    },
  });
}
