import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { printPage, printRows } from "../listing.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import {
  followVerification,
  summaryProgress,
  verificationLines,
  verificationSchema,
  verificationSummarySchema,
} from "../verification-pages.ts";
import { timeText } from "../words.ts";

export function registerVerify(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "verify [stages...]",
    summary: "run cached stages again, aside, and say which are not reproducible",
    arguments: { stages: "stages of dvc.yaml, with all they depend on; all of them when none is named" },
    examples: [
      ["gyre verify", "every stage whose result is cached"],
      ["gyre verify --sample 3", "three of them, chosen by chance"],
      ["gyre verify train --sample 1 --seed 7", "the same one each time"],
      ["gyre verify train --alone", "train, and nothing before it"],
      ["gyre verify --no-wait", "begun, and left to the server"],
      ["gyre verify --show ver_01k…", "how far it is; its end is waited for"],
    ],
    options: [
      { flags: "--sample <n>", says: "so many stages, chosen by chance" },
      { flags: "--alone", says: "the named stages, without those they depend on" },
      { flags: "--seed <n>", says: "decides the chance; 1 when absent" },
      { flags: "--no-wait", says: "do not wait for the end" },
      { flags: "--list", says: "the verifications there are, instead of beginning one" },
      { flags: "--show <id>", says: "one that was begun before" },
      { flags: "--cancel <id>", says: "end one that runs" },
    ],
    schema: z.object({
      sample: z.coerce.number().int().min(1).optional(),
      alone: z.boolean().default(false),
      seed: z.coerce.number().int().optional(),
      wait: z.boolean().default(true),
      list: z.boolean().default(false),
      show: z.string().optional(),
      cancel: z.string().optional(),
    }),
    async act({ client, project, words, options }) {
      const base = path`/api/v1/projects/${project}/pipeline/verifications`;
      const { sample, alone, seed, wait, show, cancel } = options;
      if (options.list) {
        const schema = z.object({ verifications: z.array(verificationSummarySchema) });
        const { verifications } = await client.get(base, schema);
        return printRows(
          terminal,
          verifications,
          [
            { title: "verification", of: ({ id }) => id },
            { title: "state", of: ({ state }) => state },
            { title: "progress", of: summaryProgress },
            { title: "begun", of: ({ createdAtMs }) => timeText(createdAtMs) },
          ],
          "There is no verification yet; begin one with: gyre verify",
        );
      }
      if (cancel !== undefined) {
        const ended = await client.send("POST", `${base}/${cancel}/cancel`, verificationSchema);
        return printPage(terminal, ended, verificationLines(terminal, ended));
      }
      if (show !== undefined) return await followVerification(client, terminal, `${base}/${show}`, { wait });
      const begun = await client.send("POST", base, verificationSchema, {
        targets: words,
        ...(alone ? { alone } : {}),
        ...(sample === undefined ? {} : { sample }),
        ...(seed === undefined ? {} : { seed }),
      });
      terminal.say(
        `Started ${begun.id}: ${begun.stages.length} stages. It goes on without you; see it with: gyre verify --show ${begun.id}`,
      );
      await followVerification(client, terminal, `${base}/${begun.id}`, { wait });
    },
  });
}
