import { isRecord, writeExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";

const longestPreview = 240;

/** The beginning of a value as one line: `question: Where is my bag? · language: en`. */
export function preview(value: ExactJson): string {
  const text = isRecord(value)
    ? Object.entries(value)
        .map(([name, member]) => `${name}: ${textOf(member)}`)
        .join(" · ")
    : textOf(value);
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= longestPreview ? line : `${line.slice(0, longestPreview - 1).toWellFormed()}…`;
}

function textOf(value: ExactJson): string {
  return typeof value === "string" ? value : writeExactJson(value);
}
