import type { Estimate } from "./interval.ts";
import { DEFAULT_LEVEL } from "./interval.ts";
import { requireSameLength, sumOf } from "./preconditions.ts";
import { proportionInterval } from "./proportion.ts";

/** How a two-way decision turned out. Counts add and subtract, and may be weighted. */
export interface ConfusionCounts {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly trueNegative: number;
}

/** A ratio is null where nothing was counted below its line, never 0 or NaN. */
export interface ClassificationMetrics {
  readonly n: number;
  readonly accuracy: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly specificity: number | null;
  readonly f1: number | null;
}

export function classificationMetrics(counts: ConfusionCounts): ClassificationMetrics {
  const { truePositive, falsePositive, falseNegative, trueNegative } = counts;
  const n = truePositive + falsePositive + falseNegative + trueNegative;
  return {
    n,
    accuracy: ratio(truePositive + trueNegative, n),
    precision: ratio(truePositive, truePositive + falsePositive),
    recall: ratio(truePositive, truePositive + falseNegative),
    specificity: ratio(trueNegative, trueNegative + falsePositive),
    f1: ratio(2 * truePositive, 2 * truePositive + falsePositive + falseNegative),
  };
}

/** The same ratios with Wilson's intervals; `n` is the number of rows below the line of each. */
export function classificationIntervals(
  counts: ConfusionCounts,
  level: number = DEFAULT_LEVEL,
): { readonly [Name in Exclude<keyof ClassificationMetrics, "n">]: Estimate | null } {
  const { truePositive, falsePositive, falseNegative, trueNegative } = counts;
  const interval = (successes: number, n: number) =>
    n === 0 ? null : proportionInterval({ successes, n, level });
  return {
    accuracy: interval(
      truePositive + trueNegative,
      truePositive + trueNegative + falsePositive + falseNegative,
    ),
    precision: interval(truePositive, truePositive + falsePositive),
    recall: interval(truePositive, truePositive + falseNegative),
    specificity: interval(trueNegative, trueNegative + falsePositive),
    f1: f1OfJaccard(interval(truePositive, truePositive + falsePositive + falseNegative)),
  };
}

export function countConfusion(actual: ArrayLike<boolean>, predicted: ArrayLike<boolean>): ConfusionCounts {
  requireSameLength(actual, predicted, "actual and predicted");
  const counts = { truePositive: 0, falsePositive: 0, falseNegative: 0, trueNegative: 0 };
  for (let row = 0; row < actual.length; row += 1) {
    if (actual[row]) counts[predicted[row] ? "truePositive" : "falseNegative"] += 1;
    else counts[predicted[row] ? "falsePositive" : "trueNegative"] += 1;
  }
  return counts;
}

/** `counts[i][j]`: rows whose actual class is `classes[i]` and whose predicted class is `classes[j]`. */
export interface ConfusionMatrix {
  readonly classes: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** Classes in alphabetical order, unless given; those of the rows that are not given come after. */
export function confusionMatrix(
  actual: readonly string[],
  predicted: readonly string[],
  classes: readonly string[] = [],
): ConfusionMatrix {
  requireSameLength(actual, predicted, "actual and predicted");
  const seen = [...new Set([...actual, ...predicted])].sort();
  const all = [...new Set([...classes, ...seen])];
  const cells = new Map<string, Map<string, number>>(all.map((name) => [name, new Map()]));
  for (const [row, truth] of actual.entries()) {
    const guess = predicted[row] ?? "";
    const line = cells.get(truth);
    line?.set(guess, (line.get(guess) ?? 0) + 1);
  }
  return {
    classes: all,
    counts: all.map((truth) => all.map((guess) => cells.get(truth)?.get(guess) ?? 0)),
  };
}

/** One class against the rest. */
export function oneAgainstRest({ classes, counts }: ConfusionMatrix, positive: string): ConfusionCounts {
  const index = classes.indexOf(positive);
  const truePositive = counts[index]?.[index] ?? 0;
  const actualPositive = sumOf(counts[index] ?? []);
  const predictedPositive = sumOf(counts.map((line) => line[index] ?? 0));
  const n = sumOf(counts.map(sumOf));
  return {
    truePositive,
    falsePositive: predictedPositive - truePositive,
    falseNegative: actualPositive - truePositive,
    trueNegative: n - actualPositive - predictedPositive + truePositive,
  };
}

/** Accuracy, and the plain mean over the classes that occur of their F1 (macro F1). */
export function multiclassMetrics(matrix: ConfusionMatrix): {
  readonly n: number;
  readonly accuracy: number | null;
  readonly macroF1: number | null;
} {
  const n = sumOf(matrix.counts.map(sumOf));
  const correct = sumOf(matrix.counts.map((line, index) => line[index] ?? 0));
  const scores = matrix.classes
    .map((name) => classificationMetrics(oneAgainstRest(matrix, name)).f1)
    .filter((score) => score !== null);
  return { n, accuracy: ratio(correct, n), macroF1: ratio(sumOf(scores), scores.length) };
}

function ratio(above: number, below: number): number | null {
  return below === 0 ? null : above / below;
}

/** F1 = 2J/(1 + J) rises with J = TP/(TP + FP + FN), which is a proportion: its limits carry over. */
function f1OfJaccard(jaccard: Estimate | null): Estimate | null {
  if (jaccard === null) return null;
  const f1 = (share: number) => (2 * share) / (1 + share);
  return { ...jaccard, value: f1(jaccard.value), low: f1(jaccard.low), high: f1(jaccard.high) };
}
