import type { EvaluationDataset, RecordSummary } from "../../data/evaluation-datasets.ts";

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

/** The tags of a set without those a client notes of itself. */
export function ownTags({ tags }: Pick<EvaluationDataset, "tags">): [string, string][] {
  return Object.entries(tags).filter(([name]) => !name.startsWith("mlflow."));
}

/** A value of any shape as text to read. */
export function readable(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
