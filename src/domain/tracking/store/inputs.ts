import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers } from "#kernel/search";

import type { DatasetInput, ModelOutput } from "../entities.ts";
import type { StoredRun } from "./runs.ts";

/** The tag by which clients say what a dataset was used for: training, evaluation. */
const contextTag = "mlflow.data.context";

/** Records which data a run read. The same again changes nothing. */
export async function saveInputs(
  db: Database,
  run: StoredRun,
  inputs: readonly DatasetInput[],
): Promise<void> {
  for (const { dataset, tags } of inputs) {
    await db.query
      .insertInto("tracked_datasets")
      .values({
        experiment: run.experiment,
        name: dataset.name,
        digest: dataset.digest,
        source_type: dataset.sourceType,
        source: dataset.source,
        schema: dataset.schema ?? null,
        profile: dataset.profile ?? null,
      })
      .onConflict((conflict) => conflict.columns(["experiment", "name", "digest"]).doNothing())
      .execute();
    const { id } = await db.query
      .selectFrom("tracked_datasets")
      .select("id")
      .where("experiment", "=", run.experiment)
      .where("name", "=", dataset.name)
      .where("digest", "=", dataset.digest)
      .executeTakeFirstOrThrow();
    await db.query
      .insertInto("run_datasets")
      .values({ run: run.id, dataset: id, tags: JSON.stringify(tags), context: tags[contextTag] ?? null })
      .onConflict((conflict) => conflict.columns(["run", "dataset"]).doNothing())
      .execute();
  }
}

export async function saveModelLinks(
  db: Database,
  run: number,
  direction: "input" | "output",
  models: readonly ModelOutput[],
): Promise<void> {
  for (const { modelId, step } of models) {
    await db.query
      .insertInto("run_models")
      .values({ run, direction, model_id: modelId, step })
      .onConflict((conflict) => conflict.columns(["run", "direction", "model_id"]).doUpdateSet({ step }))
      .execute();
  }
}

export interface DatasetSummary {
  readonly experimentId: string;
  readonly name: string;
  readonly digest: string;
  readonly context: string | null;
}

/** What data the runs of these experiments read: one line per (experiment, name, digest, context). */
export async function listDatasetSummaries(
  db: Database,
  experiments: readonly number[],
  limit: number,
): Promise<DatasetSummary[]> {
  const { rows } = await sql<{ experiment: number; name: string; digest: string; context: string | null }>`
    select distinct experiment, name, digest, context
    from tracked_datasets join run_datasets on run_datasets.dataset = tracked_datasets.id
    where ${amongNumbers(db, sql`experiment`, experiments)} order by experiment, name, digest, context limit ${limit}
  `.execute(db.query);
  return rows.map(({ experiment, ...row }) => ({ ...row, experimentId: String(experiment) }));
}
