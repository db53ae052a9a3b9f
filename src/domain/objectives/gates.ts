import type { Criterion } from "./criteria.ts";
import { traitsOf } from "./metrics.ts";
import type { Metric } from "./metrics.ts";
import type { Objective, ProjectFile } from "./project-file.ts";
import { percentText } from "./scalars.ts";
import type { Comparison } from "./scalars.ts";

/** What a release must pass, from one line of `ready_when`. */
export interface Gate extends Criterion {
  /** Plain English, for people who decide. */
  readonly sentence: string;
}

/** The gates of a project, in the order of `ready_when`. None while no criterion is stated. */
export function generateGates({ objective }: ProjectFile): readonly Gate[] {
  if (objective === null) return [];
  return objective.readyWhen.map((criterion) => ({
    ...criterion,
    sentence: sentenceOf(criterion, objective),
  }));
}

/**
 * The number a value must be compared with. A share `by` of better than a baseline is relative to the
 * baseline's own value: at most baseline · (1 − by) where lower is better, at least baseline · (1 + by)
 * where higher is; simply better when `by` is 0. Null when the gate needs a baseline and there is none.
 */
export function boundOf(
  gate: Pick<Criterion, "metric" | "requirement">,
  baseline: number | null = null,
): { readonly comparison: Comparison; readonly bound: number } | null {
  const { metric, requirement } = gate;
  if (requirement.kind === "threshold")
    return { comparison: requirement.comparison, bound: requirement.threshold };
  if (baseline === null) return null;
  const { byShare } = requirement;
  if (traitsOf(metric).better === "lower") {
    return { comparison: byShare === 0 ? "<" : "<=", bound: baseline * (1 - byShare) };
  }
  return { comparison: byShare === 0 ? ">" : ">=", bound: baseline * (1 + byShare) };
}

/** Whether a value fulfils a gate; null when that needs a baseline's value and there is none. */
export function meets(
  gate: Pick<Criterion, "metric" | "requirement">,
  value: number,
  baseline: number | null = null,
): boolean | null {
  const required = boundOf(gate, baseline);
  return required === null ? null : compares(value, required.comparison, required.bound);
}

export function compares(value: number, comparison: Comparison, bound: number): boolean {
  switch (comparison) {
    case ">=":
      return value >= bound;
    case ">":
      return value > bound;
    case "<=":
      return value <= bound;
    case "<":
      return value < bound;
  }
}

function sentenceOf(criterion: Criterion, objective: Objective): string {
  const { metric, requirement, forEach } = criterion;
  const group = forEach === null ? "" : `, for each ${forEach}`;
  return `${subjectOf(metric, objective)} is ${wordsOf(criterion.metric, requirement, objective)}${group}.`;
}

function subjectOf(metric: Metric, { positive }: Objective): string {
  const { name } = traitsOf(metric);
  const ofClass = positive !== null && aboutPositive.has(metric) ? ` of "${positive}"` : "";
  return `${name}${ofClass}`;
}

const aboutPositive: ReadonlySet<Metric> = new Set<Metric>(["recall", "precision", "f1"]);

function wordsOf(metric: Metric, requirement: Criterion["requirement"], objective: Objective): string {
  const { better } = traitsOf(metric);
  if (requirement.kind === "threshold") {
    return `${comparisonWords[requirement.comparison]} ${quantityOf(metric, requirement.threshold, objective)}`;
  }
  const by = requirement.byShare === 0 ? "" : `at least ${percentText(requirement.byShare)} `;
  return `${by}${better} than the baseline's`;
}

const comparisonWords: Readonly<Record<Comparison, string>> = {
  ">=": "at least",
  ">": "above",
  "<=": "at most",
  "<": "below",
};

function quantityOf(metric: Metric, value: number, { costs }: Objective): string {
  const { unit } = traitsOf(metric);
  if (unit === "milliseconds") return `${value} ms`;
  if (unit === "money" && costs !== null) return `${value} ${costs.currency}`;
  return String(value);
}
