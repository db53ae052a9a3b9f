/** One axis of parallel coordinates: a number line, or names one above the other. */
export interface ParallelAxis {
  id: string;
  label: string;
  isNumeric: boolean;
  /** The ends of a number line. */
  low: number;
  high: number;
  /** The names of an axis of names, from the bottom up. */
  names: readonly string[];
}

export type AxisValue = string | number | null;

/** Numbers make a number line, also when they came as text; anything else makes names. */
export function makeAxis(id: string, label: string, values: readonly AxisValue[]): ParallelAxis {
  const known = values.filter((value): value is string | number => value !== null && value !== "");
  const numbers = known.map(Number);
  const isNumeric = known.length > 0 && numbers.every(Number.isFinite);
  const low = isNumeric ? numbers.reduce((a, b) => Math.min(a, b), Infinity) : 0;
  const high = isNumeric ? numbers.reduce((a, b) => Math.max(a, b), -Infinity) : 0;
  const names = isNumeric ? [] : [...new Set(known.map(String))].sort(collator.compare);
  return { id, label, isNumeric, low, high, names };
}

const collator = new Intl.Collator("en", { numeric: true });

/** Where a value stands on its axis, 0 at the bottom and 1 at the top; undefined when it has none. */
export function positionOn(axis: ParallelAxis, value: AxisValue): number | undefined {
  if (value === null || value === "") return undefined;
  if (!axis.isNumeric) {
    const at = axis.names.indexOf(String(value));
    if (at === -1) return undefined;
    return axis.names.length === 1 ? 0.5 : at / (axis.names.length - 1);
  }
  const number = Number(value);
  if (!Number.isFinite(number)) return undefined;
  return axis.high === axis.low ? 0.5 : (number - axis.low) / (axis.high - axis.low);
}

/** Whether a value lies between two positions of its axis; without a value only when nothing is narrowed. */
export function isWithin(
  axis: ParallelAxis,
  value: AxisValue,
  range: readonly [number, number] | undefined,
): boolean {
  if (range === undefined) return true;
  const at = positionOn(axis, value);
  return at !== undefined && at >= range[0] - 1e-9 && at <= range[1] + 1e-9;
}
