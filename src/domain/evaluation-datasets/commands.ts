import type { EvaluationDataset } from "./entities.ts";
import type { NewRecord } from "./records.ts";

export type { NewRecord } from "./records.ts";

interface Order {
  readonly id: string;
  readonly actor: string;
}

/** The orders of evaluation data sets. Each is one transaction. */
export interface EvaluationDatasetsCommands {
  createDataset(order: {
    name: string;
    tags: Readonly<Record<string, string>>;
    experimentIds: readonly string[];
    actor: string;
  }): Promise<EvaluationDataset>;
  deleteDataset(order: Order): Promise<void>;
  setTags(order: Order & { tags: Readonly<Record<string, string>> }): Promise<void>;
  deleteTag(order: Order & { key: string }): Promise<void>;
  /** Adds records; one with the inputs of a record that is there changes that one. */
  upsertRecords(
    order: Order & { records: readonly NewRecord[] },
  ): Promise<{ inserted: number; updated: number }>;
  /** How many there were. */
  deleteRecords(order: Order & { recordIds: readonly string[] }): Promise<number>;
  addExperiments(order: Order & { experimentIds: readonly string[] }): Promise<EvaluationDataset>;
  removeExperiments(order: Order & { experimentIds: readonly string[] }): Promise<EvaluationDataset>;
}
