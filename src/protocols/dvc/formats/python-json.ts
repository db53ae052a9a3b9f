import type { YamlValue } from "./yaml-value.ts";
import { floatText, Verbatim } from "./scalar.ts";

/**
 * JSON as Python's `json.dumps(value, sort_keys=True)` writes it: `", "` and `": "` between, everything
 * beyond ASCII escaped. Digests of listings and of stages are taken of these bytes.
 */
export function writePythonJson(value: YamlValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return writePythonText(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Verbatim) return writePythonText(value.text);
  if (isList(value)) return `[${value.map(writePythonJson).join(", ")}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => compareText(a, b));
  return `{${members.map(([key, member]) => `${writePythonText(key)}: ${writePythonJson(member)}`).join(", ")}}`;
}

/** A text in quotes, with `\uXXXX` for every UTF-16 unit beyond ASCII. */
function writePythonText(text: string): string {
  return escapeBeyondAscii(JSON.stringify(text));
}

/** JSON with `\uXXXX` for every UTF-16 unit beyond ASCII. */
export function escapeBeyondAscii(json: string): string {
  // oxlint-disable-next-line no-control-regex -- what is not ASCII, and DEL, which Python leaves alone
  return /^[\x00-\x7f]*$/.test(json)
    ? json
    : json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The order in which Python sorts texts: by code point, where JavaScript sorts by UTF-16 unit. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left === right) continue;
    // A surrogate begins a code point above every single unit.
    const [isLeftHigh, isRightHigh] = [isSurrogate(left), isSurrogate(right)];
    return isLeftHigh === isRightHigh ? left - right : isLeftHigh ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return floatText(value);
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}
