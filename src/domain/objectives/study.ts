import { z } from "zod";

import { noun, path, words } from "./scalars.ts";
import { choiceOf, domainNotation, parseDomain } from "./search-space.ts";
import type { SearchDomain, SearchSpace } from "./search-space.ts";

/** A search over parameters of the pipeline, as `studies:` of `gyre.yaml` or a request declares it. */
export interface StudyDeclaration {
  readonly space: SearchSpace;
  /** What is to become small or great; with several, no single trial is the best. */
  readonly objectives: readonly StudyObjective[];
  readonly sampler: "grid" | "random" | "tpe";
  /** How many trials; null for all points of a grid. */
  readonly trials: number | null;
  /** How many of them at once. */
  readonly parallel: number;
  readonly pruning: StudyPruning | null;
  /** What each trial runs: stages, or paths they make. Empty for the whole pipeline. */
  readonly targets: readonly string[];
  readonly seed: number;
  /** The study ends when this many trials have failed. */
  readonly maximumFailures: number;
}

export interface StudyObjective {
  /** A number of a metrics file or a metric of a step's run; `file:metric` for that file alone. */
  readonly metric: string;
  readonly goal: "minimize" | "maximize";
}

export interface StudyPruning {
  readonly rule: "asha" | "median";
  /** The metric that a trial's runs log with steps. Better is what is better for the objective. */
  readonly metric: string;
  /** asha: the step of the first rung. */
  readonly firstStep: number;
  /** asha: at each rung one in so many goes on, and the next rung is so many times further. */
  readonly factor: number;
  /** median: so many trials are completed before the first is pruned. */
  readonly startupTrials: number;
  /** median: no trial is pruned before this step. */
  readonly warmupSteps: number;
}

// The reading comes after the choice of form, so that what is wrong with a text is told and not that neither form fits.
const domain = z
  .union([z.string(), z.array(z.union([z.string(), z.number(), z.boolean()]))], {
    error: `a search domain: ${domainNotation}`,
  })
  .transform((written, context) => {
    const read = typeof written === "string" ? parseDomain(written) : choiceOf(written);
    return refused(read, context) ?? z.NEVER;
  });

function refused(
  read: SearchDomain | { readonly refusal: string },
  context: z.RefinementCtx,
): SearchDomain | undefined {
  if (!("refusal" in read)) return read;
  context.addIssue({ code: "custom", message: `${read.refusal}.` });
  return undefined;
}

const metric = words.describe("A metric of a metrics file or of a step's run, or file:metric.");
const metrics = z.union([metric, z.array(metric).min(1)]);
const count = z.int("a whole number of at least 1").min(1, "a whole number of at least 1");
const rule = z.enum(["asha", "median"], { error: "asha or median" });

const pruningSchema = z.strictObject({
  rule: rule.describe("asha (successive halving) or median."),
  metric: words.describe("The metric logged with steps; that of the objective unless told.").optional(),
  first_step: count.describe("asha: the step of the first rung. 1 unless told.").optional(),
  factor: z
    .int("a whole number of at least 2")
    .min(2, "a whole number of at least 2")
    .describe("asha: one in so many goes on. 4 unless told.")
    .optional(),
  startup_trials: z
    .int("a whole number")
    .min(0)
    .describe("median: completed trials before the first is pruned. 5 unless told.")
    .optional(),
  warmup_steps: z.int("a whole number").min(0).describe("median: steps nobody is pruned before.").optional(),
});

/** The grammar of one study, in `gyre.yaml` and in requests alike. */
export const studySchema = z
  .strictObject({
    space: z
      .record(
        z.string().min(1),
        domain.describe(
          "What it may be: float(0, 1), log(1e-5, 1e-1), int(2, 12), choice(rbf, linear), or a list to choose from.",
        ),
      )
      .refine((space) => Object.keys(space).length > 0, { error: "At least one parameter to search over." })
      .describe("The parameters to search over, by their key in params.yaml, or file:key."),
    maximize: metrics.describe("The metric, or metrics, to make great.").optional(),
    minimize: metrics.describe("The metric, or metrics, to make small.").optional(),
    sampler: z
      .enum(["grid", "random", "tpe"], { error: "grid, random or tpe" })
      .describe("How the next parameters are chosen. tpe unless told.")
      .optional(),
    trials: count
      .max(100_000)
      .describe("How many trials. 50 unless told, and all points of a grid.")
      .optional(),
    parallel: count.max(256).describe("How many trials run at once. 1 unless told.").optional(),
    prune: z
      .union([rule, pruningSchema])
      .describe("Ends trials early that fall behind, by what their runs log on the way.")
      .optional(),
    targets: z
      .array(z.union([path, noun]))
      .describe("Stages, or paths they make. The whole pipeline unless told.")
      .optional(),
    seed: z.int("a whole number").min(0).describe("Repeats the same choices. 0 unless told.").optional(),
    max_failures: count.describe("Ends the study when so many trials failed. 5 unless told.").optional(),
  })
  .superRefine((written, context) => {
    const objectives = [written.maximize, written.minimize].flatMap((one) => one ?? []);
    const fault = (at: string[], message: string): void =>
      context.addIssue({ code: "custom", path: at, message });
    if (objectives.length === 0) fault([], "A study needs an objective, such as maximize: f1.");
    if (new Set(objectives).size < objectives.length) fault([], "A study names each metric once.");
    if (written.prune !== undefined && objectives.length > 1) {
      fault(
        ["prune"],
        "Trials of a study with several objectives cannot be compared on the way: prune belongs to one.",
      );
    }
    if (written.sampler !== "grid") return;
    const endless = Object.entries(written.space).find(([, one]) => !isFinite(one));
    if (endless !== undefined) {
      fault(["space", endless[0]], "A grid needs points: give a step, as in float(0, 1, 0.25), or a choice.");
    }
  });

export type WrittenStudy = z.output<typeof studySchema>;

function isFinite(one: SearchDomain): boolean {
  return one.kind === "choice" || (one.kind === "int" ? !one.log : one.step !== null);
}

const defaultTrials = 50;

/** A study with its defaults filled in. */
export function studyOf(written: WrittenStudy): StudyDeclaration {
  const sampler = written.sampler ?? "tpe";
  const goals = ["maximize", "minimize"] as const;
  const objectives = goals.flatMap((goal) =>
    [written[goal] ?? []].flat().map((metric) => ({ metric, goal })),
  );
  return {
    space: written.space,
    objectives,
    sampler,
    trials: written.trials ?? (sampler === "grid" ? null : defaultTrials),
    parallel: written.parallel ?? 1,
    pruning: written.prune === undefined ? null : pruningOf(written.prune, objectives[0]?.metric ?? ""),
    targets: written.targets ?? [],
    seed: written.seed ?? 0,
    maximumFailures: written.max_failures ?? 5,
  };
}

function pruningOf(written: NonNullable<WrittenStudy["prune"]>, objective: string): StudyPruning {
  const options = typeof written === "string" ? { rule: written } : written;
  return {
    rule: options.rule,
    metric: options.metric ?? objective.slice(objective.indexOf(":") + 1),
    firstStep: options.first_step ?? 1,
    factor: options.factor ?? 4,
    startupTrials: options.startup_trials ?? 5,
    warmupSteps: options.warmup_steps ?? 0,
  };
}
