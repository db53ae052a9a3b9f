import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { printPage } from "../listing.ts";
import { readNames } from "../names.ts";
import { orderRelease } from "../releases.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";
import { pageLines } from "./releases.ts";

export function registerApprove(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "approve <release>",
    summary: "approve a release that somebody else asked for",
    arguments: { release: "the id of a release" },
    examples: [
      ['gyre approve rel_01k… --note "gates and slices read"', "approve it, with a note for the ledger"],
      ["gyre releases --where state=awaiting_approval", "what waits"],
    ],
    options: [{ flags: "--note <text>", says: "kept with the approval" }],
    schema: z.object({ note: z.string().optional() }),
    async act(call) {
      const address = path`/api/v1/projects/${call.project}/releases/${word(call, 0)}/approve`;
      const release = await orderRelease(call.client, address, call.options);
      printPage(terminal, release, pageLines(terminal, release, await readNames(call.client, call.project)));
    },
  });
}
