import { cellLabels, createBins } from "#stats";
import type { Bins, Histogram } from "#stats";

import { sqlText } from "#kernel/columnar";

import type { DriftFeature } from "./entities.ts";
import { inputSql } from "./window-query.ts";

/** One thing whose distribution is watched, with the cells it is told apart by. Plain JSON. */
export interface WatchedFeature {
  readonly name: string;
  readonly kind: DriftFeature["kind"];
  /** Of the inputs; null for what the model answered. */
  readonly column: string | null;
  readonly bins: Bins;
}

/** A prediction as far as features are made from it. */
export interface SampledPrediction {
  readonly score: number;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/**
 * Chooses what to watch from the first predictions of a release: the score, the decision, the charter's
 * segments, and of the other inputs numbers by value, few-valued texts by value, prose by its length.
 * Identifiers and times change with every row and are left out.
 */
export function chooseFeatures(
  sample: readonly SampledPrediction[],
  segments: readonly string[],
): WatchedFeature[] {
  const columns = [...new Set(sample.flatMap(({ inputs }) => Object.keys(inputs)))].toSorted();
  const inputs = columns
    .filter((column) => !segments.includes(column))
    .flatMap((column) => {
      const bins = binsOf(sample.map((row) => row.inputs[column]));
      return bins === null
        ? []
        : [{ name: bins.kind === "text_length" ? `length of ${column}` : column, column, ...bins }];
    });
  const scores = sample.map(({ score }) => score);
  return [
    { name: "score", kind: "score", column: null, bins: createBins(scores, { bins: 10, kind: "numeric" }) },
    { name: "decision", kind: "decision", column: null, bins: { kind: "category", categories: ["1", "0"] } },
    ...segments.map((column): WatchedFeature => {
      const bins = createBins(
        sample.map((row) => row.inputs[column]),
        { kind: "category", maxCategories: 30 },
      );
      return { name: column, kind: "segment", column, bins };
    }),
    ...inputs,
  ];
}

function binsOf(values: readonly unknown[]): Pick<WatchedFeature, "kind" | "bins"> | null {
  const present = values.filter((value) => value !== null && value !== undefined);
  const distinct = new Set(present).size;
  if (present.length === 0) return null;
  if (present.every((value) => typeof value === "number")) {
    const isIdentifier = present.every(Number.isInteger) && distinct > 0.9 * present.length;
    return isIdentifier ? null : { kind: "number", bins: createBins(values, { bins: 10, kind: "numeric" }) };
  }
  const texts = present.map(String);
  if (isProse(texts)) {
    const lengths = texts.map(({ length }) => length);
    return { kind: "text_length", bins: createBins(lengths, { bins: 8, kind: "numeric" }) };
  }
  const isCategory = distinct <= 50 && distinct <= 0.2 * present.length;
  return isCategory
    ? { kind: "category", bins: createBins(texts, { kind: "category", maxCategories: 30 }) }
    : null;
}

/** Several words in most of its values. */
export function isProse(texts: readonly string[]): boolean {
  const wordy = texts.filter((text) => text.trim().split(/\s+/).length >= 3);
  return texts.length > 0 && wordy.length >= texts.length / 2;
}

/** The cell of a feature as `countIntoBins` counts it, for a row of the log. */
export function cellSql({ kind, column, bins }: WatchedFeature): string {
  const value = valueSql(kind, column);
  if (bins.kind === "category") {
    const { categories } = bins;
    const cases = categories.map((category, cell) => `when ${sqlText(category)} then ${cell}`).join(" ");
    return `case when ${value} is null then ${categories.length + 1} else case ${value} ${cases} else ${categories.length} end end`;
  }
  const { edges } = bins;
  const last = edges.length - 1;
  const inner = edges.slice(1).map((edge, index) => `when ${value} < ${edge} then ${index + 1}`);
  return `case when ${value} is null then ${last + 2} when ${value} < ${edges[0] ?? 0} then 0 ${inner.join(" ")} when ${value} <= ${edges[last] ?? 0} then ${last} else ${last + 1} end`;
}

function valueSql(kind: WatchedFeature["kind"], column: string | null): string {
  if (column === null) return kind === "score" ? "score" : "decision::varchar";
  const text = inputSql(column);
  if (kind === "number") return `try_cast(${text} as double)`;
  return kind === "text_length" ? `length(${text})` : text;
}

export function labelsOf(histogram: Histogram): readonly string[] {
  return cellLabels(histogram.bins);
}
