import { interpolatedQuantiles } from "./quantile.ts";
import { itemAt, requireSameLength } from "./preconditions.ts";

/**
 * How the values of one column are told apart, fixed once from reference values. The cells of a histogram are
 * numeric: [below the reference, bin 1 … bin k, above it, missing]; bins hold their lower edge, the last both;
 * category: [one per category, any other value, missing].
 */
export type Bins =
  | { readonly kind: "numeric"; readonly edges: readonly number[] }
  | { readonly kind: "category"; readonly categories: readonly string[] };

/** Counts per cell of `bins`; plain JSON, and it adds and subtracts. */
export interface Histogram {
  readonly bins: Bins;
  readonly counts: readonly number[];
}

export interface BinOptions {
  /** Bins with about equally many reference values each; sixteen unless said otherwise. */
  readonly bins?: number;
  /** The most frequent categories that get a cell of their own. */
  readonly maxCategories?: number;
  /** Told apart by the values when absent: numeric when every value present is a number. */
  readonly kind?: Bins["kind"];
}

/** Bins from reference values; null, undefined and NaN are missing values. */
export function createBins(
  values: Iterable<unknown>,
  { bins = 16, maxCategories = 50, kind }: BinOptions = {},
): Bins {
  const present = Array.from(values, numberOfBigInt).filter((value) => !isMissing(value));
  const numbers = present.filter((value) => typeof value === "number");
  const numeric =
    kind === undefined ? numbers.length === present.length && numbers.length > 0 : kind === "numeric";
  return numeric ? createNumericBins(numbers, bins) : createCategoryBins(present, maxCategories);
}

export function histogramOf(bins: Bins, values: Iterable<unknown>): Histogram {
  return { bins, counts: countIntoBins(bins, values) };
}

export function countIntoBins(bins: Bins, values: Iterable<unknown>): number[] {
  const counts = Array.from({ length: cellCount(bins) }, () => 0);
  const cellOf = cellFinder(bins);
  for (const value of values) {
    const cell = cellOf(value);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return counts;
}

export function cellCount(bins: Bins): number {
  return bins.kind === "numeric" ? bins.edges.length + 2 : bins.categories.length + 2;
}

/** A name for every cell, for people. */
export function cellLabels(bins: Bins): string[] {
  if (bins.kind === "category") return [...bins.categories, "other", "missing"];
  const { edges } = bins;
  const inner = edges.slice(1).map((edge, index) => {
    const from = shortNumber(itemAt(edges, index));
    return from === shortNumber(edge) ? from : `${from} to ${shortNumber(edge)}`;
  });
  return [
    `below ${shortNumber(itemAt(edges, 0))}`,
    ...inner,
    `above ${shortNumber(edges.at(-1) ?? NaN)}`,
    "missing",
  ];
}

export function addCounts(first: readonly number[], second: readonly number[]): number[] {
  requireSameLength(first, second, "the counts");
  return first.map((count, cell) => count + itemAt(second, cell));
}

/** The counts of a whole without a part of it, as for a rolling window. */
export function subtractCounts(whole: readonly number[], part: readonly number[]): number[] {
  requireSameLength(whole, part, "the counts");
  return whole.map((count, cell) => {
    const left = count - itemAt(part, cell);
    if (left < 0) throw new RangeError(`cell ${cell} has ${count} rows, less than the part taken away`);
    return left;
  });
}

function createNumericBins(values: readonly number[], count: number): Bins {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) throw new RangeError("numeric bins need at least one finite reference value");
  const distinct = [...new Set(finite)].sort((a, b) => a - b);
  const [first, last] = [itemAt(distinct, 0), itemAt(distinct, distinct.length - 1)];
  if (distinct.length <= count) {
    // Few values, such as ratings: a bin around each, with the edges half way between.
    const middles = distinct.slice(1).map((value, index) => (itemAt(distinct, index) + value) / 2);
    return { kind: "numeric", edges: [first, ...middles, last] };
  }
  const shares = Array.from({ length: count + 1 }, (_, index) => index / count);
  return { kind: "numeric", edges: [...new Set(interpolatedQuantiles(finite, shares))] };
}

function createCategoryBins(values: readonly unknown[], maxCategories: number): Bins {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  const frequentFirst = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return {
    kind: "category",
    categories: frequentFirst.slice(0, maxCategories).map(([name]) => name),
  };
}

function cellFinder(bins: Bins): (value: unknown) => number {
  const missing = cellCount(bins) - 1;
  if (bins.kind === "category") {
    const cells = new Map(bins.categories.map((name, cell) => [name, cell]));
    return (value) => (isMissing(value) ? missing : (cells.get(String(value)) ?? missing - 1));
  }
  const { edges } = bins;
  const last = edges.length - 1;
  return (raw) => {
    const value = numberOfBigInt(raw);
    if (typeof value !== "number" || Number.isNaN(value)) return missing;
    if (value < itemAt(edges, 0)) return 0;
    if (value > itemAt(edges, last)) return last + 1;
    let [low, high] = [0, last - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (itemAt(edges, middle) <= value) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}

/** Databases hand out 64-bit columns as bigint; a bin needs no more digits than a number has. */
function numberOfBigInt(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
