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

export function registerApprove(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "approve <id> [stage]",
    summary: "approve a release, or answer the question of a pipeline",
    arguments: {
      id: "the id of a release that somebody else asked for, or of a run that waits",
      stage: "the stage of the run that asks",
    },
    examples: [
      ['gyre approve rel_01k… --note "gates and slices read"', "approve it, with a note for the ledger"],
      ["gyre approve exe_01k… publish", "answer a stage that waits for a person"],
      ["gyre releases --where state=awaiting_approval", "what waits"],
    ],
    options: [{ flags: "--note <text>", says: "kept with the approval" }],
    schema: z.object({ note: z.string().optional() }),
    async act(call) {
      const note = call.options.note === undefined ? {} : { note: call.options.note };
      if (call.words.length > 1) return await answerStage(call, "approve", note);
      const address = path`/api/v1/projects/${call.project}/releases/${word(call, 0)}/approve`;
      const release = await orderRelease(call.client, address, call.options);
      printPage(terminal, release, pageLines(terminal, release, await readNames(call.client, call.project)));
    },
  });
}
