/**
 * JSON with the two kinds of number that Python, protocol buffers and people tell apart: whole numbers
 * (`3`, of any size) are bigint, all others (`3.0`) number. What is read and written again is the same.
 */
export type ExactJson =
  | null
  | boolean
  | string
  | bigint
  | number
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

/** Reads a JSON text; throws a SyntaxError as `JSON.parse` does. */
export function parseExactJson(text: string): ExactJson {
  return toExact(
    JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) =>
      typeof value === "number" && /^-?\d+$/.test(context?.source ?? "")
        ? BigInt(context?.source ?? "")
        : value,
    ),
  );
}

/** NaN and the infinities have no number in JSON: they are written as texts. */
export function writeExactJson(value: ExactJson, options: { readonly sorted?: boolean } = {}): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return writeNumber(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => writeExactJson(item, options)).join(",")}]`;
  const entries = Object.entries(value);
  if (options.sorted === true) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${writeExactJson(member, options)}`).join(",")}}`;
}

/** For those who do not care: every number a number. */
export function toPlainJson(value: ExactJson): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(toPlainJson);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toPlainJson(member)]));
}

/** Takes what `JSON.parse` gave (its whole numbers as numbers stay numbers) into the exact form. */
export function toExact(value: unknown): ExactJson {
  switch (typeof value) {
    case "boolean":
    case "string":
    case "bigint":
    case "number":
      return value;
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(toExact);
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toExact(member)]));
    default:
      return null;
  }
}

export function isRecord(value: ExactJson | undefined): value is { readonly [key: string]: ExactJson } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: ExactJson | undefined): value is readonly ExactJson[] {
  return Array.isArray(value);
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) return JSON.stringify(String(value));
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
