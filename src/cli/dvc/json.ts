/** JSON on one line as Python writes it by default: `", "` and `": "` between. */
export function writeDvcJson(value: unknown): string {
  if (value === undefined) return "null";
  if (typeof value === "bigint") return String(value);
  if (value === null || typeof value !== "object") return escapeText(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(writeDvcJson).join(", ")}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${escapeText(JSON.stringify(key))}: ${writeDvcJson(member)}`,
  );
  return `{${members.join(", ")}}`;
}

function escapeText(text: string): string {
  return text.replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
