import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";

import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { createRandom } from "#stats";

import { createCompute } from "#compute";
import type { Environment } from "#compute";
import { studyOf, studySchema } from "#objectives";
import type { StudyDeclaration, StudyPruning } from "#objectives";

import type { Trial } from "../entities.ts";
import { judgeReports } from "../pruning.ts";
import { openOptuna } from "./optuna.ts";
import { createRandomSampler } from "./random.ts";
import type { Sampler } from "./sampler.ts";

const compute = createCompute({ clock: systemClock });
const signal = new AbortController().signal;
let environment: Environment | undefined;
let reason = "";

before(
  async () => {
    try {
      environment = await compute.ensureEnvironment({
        requirementsText: await readFile(join(import.meta.dirname, "requirements.txt"), "utf8"),
        pythonVersion: ">=3.10",
      });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      reason = `no environment with Optuna: ${error.message.split("\n", 1)[0]}`;
    }
  },
  { timeout: 600_000 },
);

const declaration: StudyDeclaration = studyOf(
  studySchema.parse({
    space: { x: "float(-5, 5)", rate: "log(1e-4, 1)", kernel: ["a", "b", "c"] },
    minimize: "loss",
    seed: 3,
  }),
);

/** Least, 0, at x = 1, rate = 0.01, kernel b. */
function loss({ x, rate, kernel }: Trial["parameters"]): number {
  return (Number(x) - 1) ** 2 + Math.log10(Number(rate) / 0.01) ** 2 + (kernel === "b" ? 0 : 2);
}

const begun = (number: number, parameters: Trial["parameters"]): Trial => ({
  study: "stu_1",
  number,
  state: "running",
  parameters,
  execution: null,
  runId: "",
  values: null,
  curve: [],
  rungs: [],
  reason: "",
  createdAtMs: 0,
  endedAtMs: null,
});

/** Asks, measures and tells until there are as many trials as wanted. */
async function search(sampler: Sampler, trials: readonly Trial[], wanted: number): Promise<readonly Trial[]> {
  const had = [...trials];
  while (had.length < wanted) {
    const parameters = await sampler.ask(had.length, had);
    if (parameters === undefined) break;
    const ended: Trial = { ...begun(had.length, parameters), state: "complete", values: [loss(parameters)] };
    await sampler.tell(ended);
    had.push(ended);
  }
  await sampler.close();
  return had;
}

const bestOf = (trials: readonly Trial[]): number =>
  Math.min(...trials.map(({ values }) => values?.[0] ?? Infinity));

describe("Optuna's TPE", () => {
  it("finds better than chance on a known function, for most seeds", { timeout: 300_000 }, async (t) => {
    if (environment === undefined) return t.skip(reason);
    const wins: boolean[] = [];
    for (let seed = 0; seed < 8; seed++) {
      const seeded = { ...declaration, seed };
      const tpe = await search(
        await openOptuna({ compute }, { declaration: seeded, trials: [], signal }),
        [],
        50,
      );
      const chance = await search(createRandomSampler(declaration.space, seed), [], 50);
      wins.push(bestOf(tpe) < bestOf(chance));
    }
    // By chance alone at least 7 of 8 would be so in 9 of 256 cases.
    assert.ok(wins.filter(Boolean).length >= 7, String(wins));
  });

  it("asks for the same whether it was interrupted or not", { timeout: 120_000 }, async (t) => {
    if (environment === undefined) return t.skip(reason);
    const open = async (trials: readonly Trial[]): Promise<Sampler> =>
      await openOptuna({ compute }, { declaration, trials, signal });
    const whole = await search(await open([]), [], 18);
    const half = await search(await open([]), [], 13);
    const resumed = await search(await open(half), half, 18);
    assert.deepEqual(
      resumed.map(({ parameters }) => parameters),
      whole.map(({ parameters }) => parameters),
    );
    // Also in the middle of a trial, which it is told as running and hears the end of.
    const running: Trial = { ...begun(13, whole[13]?.parameters ?? {}) };
    const sampler = await open([...half, running]);
    await sampler.tell(whole[13] ?? running);
    assert.deepEqual(await sampler.ask(14, []), whole[14]?.parameters);
    await sampler.close();
  });

  it("says why it cannot answer", { timeout: 120_000 }, async (t) => {
    if (environment === undefined) return t.skip(reason);
    const sampler = await openOptuna({ compute }, { declaration, trials: [], signal });
    await assert.rejects(sampler.ask(7, []), {
      code: "sampler_failed",
      message: /trial 7 would be Optuna's 0/,
    });
    await sampler.close();
    await assert.rejects(sampler.ask(0, []), { code: "sampler_failed" });
  });
});

describe("the rules for pruning", () => {
  const rules: Readonly<Record<string, StudyPruning>> = {
    asha: { rule: "asha", metric: "m", firstStep: 1, factor: 3, startupTrials: 0, warmupSteps: 0 },
    median: { rule: "median", metric: "m", firstStep: 1, factor: 4, startupTrials: 3, warmupSteps: 2 },
  };
  for (const [name, pruning] of Object.entries(rules)) {
    for (const goal of ["minimize", "maximize"] as const) {
      it(`decide as Optuna's do: ${name}, ${goal}`, { timeout: 120_000 }, (t) => {
        if (environment === undefined) return t.skip(reason);
        const curves = noisyCurves(name, goal);
        const asked = JSON.stringify({ rule: name, goal, curves: curves.map((curve) => curve.map(orNull)) });
        const { stdout, stderr } = spawnSync(
          environment.interpreter,
          [join(import.meta.dirname, "pruning-oracle.py")],
          { input: asked, encoding: "utf8" },
        );
        assert.notEqual(stdout, "", stderr);
        const theirs: unknown = JSON.parse(stdout);
        const ours = prunedAt(curves, pruning, goal);
        assert.deepEqual(ours, theirs);
        assert.ok(
          ours.some((step) => step !== null) && ours.some((step) => step === null),
          "nothing was decided",
        );
      });
    }
  }
});

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Sixty learning curves of other ends and speeds, some of which diverge to NaN. */
function noisyCurves(seed: string, goal: "minimize" | "maximize"): readonly (readonly number[])[] {
  const random = createRandom(seed);
  return Array.from({ length: 60 }, (_, trial) => {
    const [end, speed] = [random.uniform(), 0.05 + random.uniform()];
    return Array.from({ length: 30 }, (__, step) => {
      if (trial % 11 === 5 && step > 4 && step < 29) return Number.NaN;
      const score = end * (1 - Math.exp(-speed * step)) + 0.05 * random.normal();
      return goal === "maximize" ? score : 1 - score;
    });
  });
}

function prunedAt(
  curves: readonly (readonly number[])[],
  pruning: StudyPruning,
  goal: "minimize" | "maximize",
): readonly (number | null)[] {
  const ended: Trial[] = [];
  return curves.map((curve, number) => {
    const trial = begun(number, {});
    const reports = curve.map((value, step) => [step, value] as const);
    const standing = judgeReports({ trial, reports, others: ended, pruning, goal });
    const isPruned = standing.verdict !== null;
    ended.push({ ...trial, ...standing, state: isPruned ? "pruned" : "complete" });
    return isPruned ? (standing.curve.at(-1)?.[0] ?? null) : null;
  });
}
