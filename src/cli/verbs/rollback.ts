import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { printPage } from "../listing.ts";
import { readNames } from "../names.ts";
import { orderRelease } from "../releases.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { pageLines } from "./releases.ts";

export function registerRollback(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "rollback",
    summary: "end the release under way, or go back to the one before the live one",
    examples: [
      ["gyre rollback", "in production, at once"],
      ['gyre rollback --reason "complaints about United"', "with the reason for the ledger"],
    ],
    options: [
      { flags: "--reason <text>", says: "why; kept in the ledger" },
      { flags: "--environment <name>", says: "where (production)" },
    ],
    schema: z.object({
      reason: z.string().default("rolled back on the command line, without a reason"),
      environment: z.string().default("production"),
    }),
    async act(call) {
      const release = await orderRelease(
        call.client,
        path`/api/v1/projects/${call.project}/roll-back`,
        call.options,
      );
      printPage(terminal, release, pageLines(terminal, release, await readNames(call.client, call.project)));
    },
  });
}
