import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";

import { path } from "../client.ts";
import { printRows } from "../listing.ts";
import { problems } from "../problems.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";

const verificationSchema = z.looseObject({
  stage: z.string(),
  verdict: z.string(),
  differing: z.array(z.looseObject({ path: z.string() })),
  message: z.string().nullable(),
});

export function registerVerify(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "verify [stages...]",
    summary: "run cached stages again, aside, and say which are not reproducible",
    arguments: { stages: "stages of dvc.yaml, with all they depend on; all of them when none is named" },
    examples: [
      ["gyre verify", "every stage whose result is cached"],
      ["gyre verify --sample 3", "three of them, chosen by chance"],
      ["gyre verify train --sample 1 --seed 7", "the same one each time"],
    ],
    options: [
      { flags: "--sample <n>", says: "so many stages, chosen by chance" },
      { flags: "--seed <n>", says: "decides the chance; 1 when absent" },
    ],
    schema: z.object({
      sample: z.coerce.number().int().min(1).optional(),
      seed: z.coerce.number().int().optional(),
    }),
    async act({ client, project, words, options }) {
      const address = path`/api/v1/projects/${project}/pipeline/verify`;
      const { sample, seed } = options;
      const { steps } = await client.send("POST", address, z.object({ steps: z.array(verificationSchema) }), {
        targets: words,
        ...(sample === undefined ? {} : { sample }),
        ...(seed === undefined ? {} : { seed }),
      });
      printRows(
        terminal,
        steps,
        [
          { title: "stage", of: ({ stage }) => stage },
          { title: "verdict", of: ({ verdict }) => verdict.replace("_", " ") },
          { title: "why", of: ({ message }) => message ?? "" },
        ],
        "The pipeline has no stage.",
      );
      const bad = steps.filter(({ verdict }) => verdict === "differs" || verdict === "failed");
      if (bad.length === 0) return;
      throw new Problem(problems.not_reproducible, {
        message: `Not reproducible: ${bad.map(({ stage }) => stage).join(", ")}.`,
        data: { stages: bad.map(({ stage }) => stage) },
      });
    },
  });
}
