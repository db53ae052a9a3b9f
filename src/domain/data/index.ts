import type { Digest } from "#kernel/digest";

import type { ContractBreach } from "./contract.ts";
import type { ColumnProfile, ColumnType } from "./profile.ts";

export { createData, quarantined } from "./module.ts";
export { readDeclaredContract } from "./declared.ts";
export type { DataModule } from "./module.ts";
export { migrations } from "./store.ts";
export { problems } from "./problems.ts";
export { parseContract } from "./contract.ts";
export type { Contract, ContractBreach } from "./contract.ts";
export type { ColumnProfile, ColumnType } from "./profile.ts";
import "./events.ts";

/** Whether a pipeline may use the version. Quarantined: it broke its contract; it is kept, and nothing trains on it. */
export type DatasetState = "usable" | "quarantined";

/** One immutable state of a data set: the bytes as they came, what they hold, and whether they keep the contract. */
export interface DatasetVersion {
  readonly id: string;
  readonly project: string;
  readonly dataset: string;
  /** Counts from 1 within the data set. */
  readonly number: number;
  /** Of the bytes as they came. */
  readonly digest: Digest;
  /** The same rows as Parquet, for queries. */
  readonly parquetDigest: Digest | null;
  readonly sizeBytes: number;
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** Where it came from, in words: `file data/messages.csv`, `outcomes until 2026-03-04`. */
  readonly source: string;
  /** The version it extends, or null. */
  readonly parent: string | null;
  readonly contractDigest: Digest | null;
  readonly state: DatasetState;
  readonly breaches: readonly ContractBreach[];
  readonly createdAtMs: number;
  readonly actor: string;
}

export interface DatasetSummary {
  readonly dataset: string;
  readonly versions: number;
  readonly newest: DatasetVersion;
}

export interface Preview {
  readonly columns: readonly string[];
  /** Values as text, null where missing. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** The questions others may ask about data. */
export interface Data {
  listDatasets(project: string): Promise<readonly DatasetSummary[]>;
  /** Newest first. */
  listVersions(project: string, dataset: string): Promise<readonly DatasetVersion[]>;
  /** Throws `dataset_version_not_found`. */
  getVersion(id: string): Promise<DatasetVersion>;
  /** By data set and number. Throws `dataset_version_not_found`. */
  findVersion(project: string, dataset: string, number: number): Promise<DatasetVersion>;
  /** The newest version that keeps its contract, or undefined. */
  latestUsable(project: string, dataset: string): Promise<DatasetVersion | undefined>;
  profile(id: string): Promise<readonly ColumnProfile[]>;
  preview(id: string, limit: number): Promise<Preview>;
  /** Writes the version's bytes to `targetPath`. Throws `data_quarantined` for a version that broke its contract. */
  materialise(id: string, targetPath: string): Promise<void>;
  /** A local file with the version's rows as Parquet. */
  parquetPath(id: string): Promise<string>;
}
