import { isDeepStrictEqual } from "node:util";

/** Lists in an order of their own, and without the address of the files, which is another here. */
export function comparable(entry: object | undefined): object | undefined {
  if (entry === undefined) return undefined;
  const lists = Object.entries(entry).map(([key, value]: [string, unknown]) => [
    key,
    Array.isArray(value) ? value.map((one) => JSON.stringify(sorted(one))).toSorted() : value,
  ]);
  return Object.fromEntries(lists.filter(([key]) => key !== "artifactUri"));
}

/** Objects with their keys in order, and NaN as text, so that equal values have equal JSON. */
function sorted(value: unknown): unknown {
  if (typeof value === "number" && Number.isNaN(value)) return "NaN";
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]),
  );
}

/** What differs, in words; undefined when nothing does. */
export function difference(there: object | undefined, here: object | undefined): string | undefined {
  if (here === undefined || there === undefined) return "it is not here";
  if (isDeepStrictEqual(sorted(there), sorted(here))) return undefined;
  const mine = new Map<string, unknown>(Object.entries(here));
  const fields = Object.entries(there).filter(
    ([key, value]) => !isDeepStrictEqual(sorted(value), sorted(mine.get(key))),
  );
  return fields.map(([key, value]) => differenceOf(key, value, mine.get(key))).join("; ");
}

/** Of tags and parameters only those that differ. */
function differenceOf(name: string, there: unknown, here: unknown): string {
  if (!isPlain(there) || !isPlain(here)) return `${name} is ${shown(there)} there, ${shown(here)} here`;
  const keys = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  return keys
    .filter((key) => !isDeepStrictEqual(there[key], here[key]))
    .map((key) => `${name} ${key} is ${shown(there[key])} there, ${shown(here[key])} here`)
    .join("; ");
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return (JSON.stringify(sorted(value)) ?? "nothing").slice(0, 120);
}
