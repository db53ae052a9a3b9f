/**
 * JSON on one line as Python writes it by default: `", "` and `": "` between, what is not ASCII escaped.
 * Whole numbers are bigints; every other number has a point.
 */
export function writeDvcJson(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "object") return escapeText(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(writeDvcJson).join(", ")}]`;
  if ("text" in value && typeof value.text === "string" && Object.getPrototypeOf(value) !== Object.prototype)
    return escapeText(JSON.stringify(value.text));
  const members = Object.entries(value).map(
    ([key, member]) => `${escapeText(JSON.stringify(key))}: ${writeDvcJson(member)}`,
  );
  return `{${members.join(", ")}}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  const text = String(value);
  return /[.e]/.test(text) ? text.replace(/e([+-])(\d)$/, "e$10$2") : `${text}.0`;
}

function escapeText(text: string): string {
  return text.replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
