import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { printPage } from "../listing.ts";
import { readNames } from "../names.ts";
import { orderRelease } from "../releases.ts";
import { answerStage } from "../answer-stage.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";
import { pageLines } from "./releases.ts";

export function registerDecline(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "decline <id> [stage]",
    summary: "decline a release, or the question of a pipeline",
    arguments: { id: "the id of a release, or of a run that waits", stage: "the stage of the run that asks" },
    examples: [
      ['gyre decline rel_01k… --reason "recall for United is a guess"', "the reason stays in the ledger"],
      [
        'gyre decline exe_01k… publish --reason "the report is empty"',
        "the stage fails, and the run with it",
      ],
    ],
    options: [{ flags: "--reason <text>", says: "why; for whoever asked for it" }],
    schema: z.object({ reason: z.string().default("declined on the command line, without a reason") }),
    async act(call) {
      if (call.words.length > 1) return await answerStage(call, "decline", { note: call.options.reason });
      const address = path`/api/v1/projects/${call.project}/releases/${word(call, 0)}/decline`;
      const release = await orderRelease(call.client, address, call.options);
      printPage(terminal, release, pageLines(terminal, release, await readNames(call.client, call.project)));
    },
  });
}
