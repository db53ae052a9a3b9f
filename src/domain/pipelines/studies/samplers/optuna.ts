import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { Compute } from "#compute";
import type { StudyDeclaration } from "#objectives";

import type { Trial } from "../entities.ts";
import { startLineProgram } from "./line-program.ts";
import type { Sampler } from "./sampler.ts";

const program = join(import.meta.dirname, "ask.py");
const requirements = join(import.meta.dirname, "requirements.txt");

const answerSchema = z.object({
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/**
 * Optuna's tree-structured Parzen estimator, asked through a small program of ours in an environment of its
 * own, which is built the first time. It is told all trials at once: the database is what is true.
 * Throws `python_missing`, `environment_failed`, `sampler_failed`.
 */
export async function openOptuna(
  parts: { readonly compute: Pick<Compute, "ensureEnvironment"> },
  study: {
    readonly declaration: StudyDeclaration;
    readonly trials: readonly Trial[];
    readonly signal: AbortSignal;
  },
): Promise<Sampler> {
  const environment = await parts.compute.ensureEnvironment({
    requirementsText: await readFile(requirements, "utf8"),
    pythonVersion: ">=3.10",
    signal: study.signal,
  });
  const running = startLineProgram([environment.interpreter, program]);
  const { space, objectives, seed } = study.declaration;
  try {
    await running.request({
      op: "open",
      space,
      goals: objectives.map(({ goal }) => goal),
      seed,
      trials: study.trials.map(toldOf),
    });
  } catch (error) {
    running.end();
    throw error;
  }
  return {
    ask: async (number) => answerSchema.parse(await running.request({ op: "ask", number })).parameters,
    tell: async (trial) => void (await running.request({ op: "tell", trial: toldOf(trial) })),
    close: async () => running.end(),
  };
}

function toldOf({ number, state, parameters, values, curve }: Trial) {
  const points = curve.map(([step, value]) => [step, Number.isNaN(value) ? null : value]);
  return { number, state, parameters, values, curve: points };
}
