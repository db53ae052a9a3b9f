import type { Generated } from "kysely";

import type { Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    evaluation_datasets: DatasetRow;
    evaluation_dataset_tags: { dataset: string; key: string; value: string };
    evaluation_dataset_experiments: { dataset: string; experiment: number };
    evaluation_records: RecordRow;
  }
}

export interface DatasetRow {
  id: string;
  name: string;
  schema: string | null;
  profile: string | null;
  digest: string;
  created_at_ms: number;
  updated_at_ms: number;
  created_by: string | null;
  updated_by: string | null;
}

export interface RecordRow {
  /** The order in which they came. */
  position: Generated<number>;
  id: string;
  dataset: string;
  /** Of the inputs, whatever the order of their names. */
  input_digest: string;
  inputs: string;
  outputs: string;
  expectations: string | null;
  tags: string;
  source: string | null;
  source_id: string | null;
  source_type: string | null;
  created_at_ms: number;
  updated_at_ms: number;
  created_by: string | null;
  updated_by: string | null;
}

export const migrations: readonly Migration[] = [
  {
    id: "evaluation-datasets-001",
    statements: ({ text, integer, identity, strict, clustered }) => [
      `create table evaluation_datasets (
        id ${text} not null primary key, name ${text} not null, schema ${text}, profile ${text}, digest ${text} not null,
        created_at_ms ${integer} not null, updated_at_ms ${integer} not null, created_by ${text}, updated_by ${text}
      ) ${strict}`,
      `create index evaluation_datasets_newest on evaluation_datasets (created_at_ms desc, id)`,
      `create table evaluation_dataset_tags (
        dataset ${text} not null references evaluation_datasets (id) on delete cascade, key ${text} not null,
        value ${text} not null, primary key (dataset, key)
      ) ${clustered}`,
      `create table evaluation_dataset_experiments (
        dataset ${text} not null references evaluation_datasets (id) on delete cascade,
        experiment ${integer} not null references experiments (id), primary key (dataset, experiment)
      ) ${clustered}`,
      `create index evaluation_dataset_experiments_experiment on evaluation_dataset_experiments (experiment, dataset)`,
      `create table evaluation_records (
        position ${identity}, id ${text} not null unique,
        dataset ${text} not null references evaluation_datasets (id) on delete cascade, input_digest ${text} not null,
        inputs ${text} not null, outputs ${text} not null, expectations ${text}, tags ${text} not null, source ${text},
        source_id ${text}, source_type ${text}, created_at_ms ${integer} not null, updated_at_ms ${integer} not null,
        created_by ${text}, updated_by ${text}, unique (dataset, input_digest)
      ) ${strict}`,
      `create index evaluation_records_order on evaluation_records (dataset, position)`,
    ],
  },
];
