import type { ExactJson } from "#kernel/exact-json";

/** A set of questions and expected answers. */
export interface EvaluationDataset {
  /** `d-` and 32 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** JSON of the names and types seen in the records; null without any. */
  readonly schema: string | null;
  /** JSON of what can be counted; null without records. */
  readonly profile: string | null;
  readonly digest: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** As the client's `mlflow.user` tag said; a display name, not an identity. */
  readonly createdBy: string | null;
  readonly updatedBy: string | null;
  readonly experimentIds: readonly string[];
  /** Those of its experiments; null for an experiment that no project owns, and for a set without experiments. */
  readonly projects: readonly (string | null)[];
}

export type JsonObject = { readonly [key: string]: ExactJson };

export const recordSources = ["TRACE", "HUMAN", "DOCUMENT", "CODE"] as const;
export type RecordSource = (typeof recordSources)[number];

/** One question. */
export interface DatasetRecord {
  /** `dr-` and 32 hex digits. */
  readonly id: string;
  readonly datasetId: string;
  readonly inputs: JsonObject;
  readonly outputs: ExactJson;
  readonly expectations: JsonObject | null;
  readonly tags: JsonObject;
  /** `source_type` and `source_data`, as they came. */
  readonly source: JsonObject | null;
  readonly sourceId: string | null;
  readonly sourceType: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly createdBy: string | null;
  readonly updatedBy: string | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Opaque; absent on the last page. */
  readonly nextPageToken: string | undefined;
}
