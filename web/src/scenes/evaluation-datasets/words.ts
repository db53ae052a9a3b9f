import type { RecordSummary } from "../../data/evaluation-datasets.ts";

const kinds: Readonly<Record<string, string>> = {
  TRACE: "a trace",
  HUMAN: "a person",
  DOCUMENT: "a document",
  CODE: "code",
};

/** Where a record came from, in words. */
export function sourceWords({ sourceType }: Pick<RecordSummary, "sourceType">): string {
  return sourceType === null ? "–" : (kinds[sourceType] ?? sourceType.toLowerCase());
}

/** A value of any shape as text to read. */
export function readable(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
