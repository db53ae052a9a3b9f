/**
 * A value of a parameter file. Whole numbers are `bigint`s and all others `number`s, because `1.0` and
 * `1` are not written alike in a command.
 */
export type Value = Scalar | readonly Value[] | Mapping;
export type Scalar = null | boolean | bigint | number | string;
export interface Mapping {
  readonly [key: string]: Value;
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly Value[] {
  return Array.isArray(value);
}

export function isComposite(value: Value): value is readonly Value[] | Mapping {
  return typeof value === "object" && value !== null;
}

/** What a scalar reads like in a command: as Python writes it, for the programs of existing files expect that. */
export function toText(value: Scalar): string {
  if (value === null) return "None";
  if (typeof value === "number") return floatToText(value);
  return String(value);
}

/** Python's `repr` of a float: the shortest digits that read back, exponents below 1e-4 and from 1e16. */
function floatToText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const [digits = "0", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const sign = exponent < 0 ? "-" : "+";
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const plain = Object.is(value, -0) ? "-0" : String(value);
  return plain.includes(".") || plain.includes("e") ? plain : `${plain}.0`;
}

/** The value as JSON knows it. Whole numbers beyond 2^53 become strings, which keeps them apart. */
export function toJson(value: Value): unknown {
  if (typeof value === "bigint") {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : String(value);
  }
  if (typeof value === "number" && !Number.isFinite(value)) return toText(value);
  if (isList(value)) return value.map(toJson);
  if (isMapping(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]));
  return value;
}

/** A name for what a value is, for messages. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "bigint" || typeof value === "number") return `the number ${toText(value)}`;
  if (typeof value === "boolean") return String(value);
  return `the text ${JSON.stringify(value)}`;
}

/** Follows `train.layers.0` into the value; undefined where there is nothing. */
export function select(value: Value, path: string): Value | undefined {
  return selectPath(value, path.split("."));
}

export function selectPath(value: Value, path: readonly string[]): Value | undefined {
  let current: Value | undefined = value;
  for (const part of path) {
    if (isList(current)) current = /^\d+$/.test(part) ? current[Number(part)] : undefined;
    else if (isMapping(current)) current = Object.hasOwn(current, part) ? current[part] : undefined;
    else return undefined;
  }
  return current;
}
