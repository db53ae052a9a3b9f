import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers, amongTexts, insertRows } from "#kernel/search";

import type {
  LifecycleState,
  LoggedModel,
  LoggedModelMetric,
  LoggedModelStatus,
  NewMetricPoint,
} from "../entities.ts";
import type { KeyValue } from "../validation.ts";
import type { Keys } from "./keys.ts";
import { toPoint } from "./runs.ts";
import type { StoredRun } from "./runs.ts";

export interface StoredModel {
  readonly id: number;
  readonly model_id: string;
  readonly experiment: number;
  readonly project: string | null;
  readonly name: string;
  readonly model_type: string | null;
  readonly source_run_id: string | null;
  readonly status: string;
  readonly state: string;
  readonly artifact_root: string;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
}

export async function insertModel(db: Database, row: Omit<StoredModel, "id" | "project">): Promise<number> {
  const inserted = await db.query
    .insertInto("logged_models")
    .values(row)
    .returning("id")
    .executeTakeFirstOrThrow();
  return inserted.id;
}

export async function readModel(db: Database, modelId: string): Promise<StoredModel | undefined> {
  return await db.query
    .selectFrom("logged_models")
    .innerJoin("experiments", "experiments.id", "logged_models.experiment")
    .selectAll("logged_models")
    .select("experiments.project")
    .where("model_id", "=", modelId)
    .executeTakeFirst();
}

export async function updateModel(
  db: Database,
  id: number,
  change: { status?: LoggedModelStatus; state?: LifecycleState; updated_at_ms: number },
): Promise<void> {
  await db.query.updateTable("logged_models").set(change).where("id", "=", id).execute();
}

export async function saveModelTexts(
  db: Database,
  table: "logged_model_params" | "logged_model_tags",
  model: number,
  entries: readonly KeyValue[],
): Promise<void> {
  const rows = [...new Map(entries.map(({ key, value }) => [key, [model, key, value]])).values()];
  await insertRows(
    db,
    `${table} (model, key, value)`,
    rows,
    "(model, key) do update set value = excluded.value",
  );
}

/** Whether there was one. */
export async function deleteModelTag(db: Database, model: number, key: string): Promise<boolean> {
  const deleted = await db.query
    .deleteFrom("logged_model_tags")
    .where("model", "=", model)
    .where("key", "=", key)
    .returning("key")
    .execute();
  return deleted.length > 0;
}

/** Notes those points of a run that measure a logged model also with the model; unknown models are left out. */
export async function saveModelMetrics(
  db: Database,
  keys: Keys,
  run: StoredRun,
  metrics: readonly NewMetricPoint[],
): Promise<void> {
  const ofModels = metrics.filter((metric) => metric.modelId !== undefined && metric.modelId !== "");
  if (ofModels.length === 0) return;
  const names = [...new Set(ofModels.map((metric) => metric.modelId ?? ""))];
  const found = await sql<{ id: number; model_id: string }>`
    select id, model_id from logged_models where ${amongTexts(db, sql`model_id`, names)}
  `.execute(db.query);
  const models = new Map(found.rows.map((row) => [row.model_id, row.id]));
  const ids = await keys.idsOf(ofModels.map((metric) => metric.key));
  const rows = ofModels.flatMap((metric) => {
    const [model, key] = [models.get(metric.modelId ?? ""), ids.get(metric.key)];
    if (model === undefined || key === undefined) return [];
    const isNan = Number.isNaN(metric.value);
    const data = [metric.datasetName ?? "", metric.datasetDigest ?? ""];
    return [[model, run.id, key, metric.step, metric.atMs, isNan ? 0 : metric.value, isNan ? 1 : 0, ...data]];
  });
  const columns = "model, run, key, step, at_ms, value, is_nan, dataset_name, dataset_digest";
  await insertRows(db, `logged_model_metrics (${columns})`, rows, "do nothing");
}

interface ModelText {
  model: number;
  key: string;
  value: string;
}

interface ModelMetricRow {
  model: number;
  run_id: string;
  key: number;
  step: number;
  at_ms: number;
  value: number;
  is_nan: number;
  dataset_name: string;
  dataset_digest: string;
}

export async function completeModels(
  db: Database,
  keys: Keys,
  rows: readonly StoredModel[],
): Promise<LoggedModel[]> {
  if (rows.length === 0) return [];
  const isOfThese = amongNumbers(
    db,
    sql`model`,
    rows.map((row) => row.id),
  );
  const [params, tags, metrics] = await db.together([
    () =>
      sql<ModelText>`select model, key, value from logged_model_params where ${isOfThese} order by key`.execute(
        db.query,
      ),
    () =>
      sql<ModelText>`select model, key, value from logged_model_tags where ${isOfThese} order by key`.execute(
        db.query,
      ),
    () =>
      sql<ModelMetricRow>`
      select model, key, step, at_ms, value, is_nan, dataset_name, dataset_digest, runs.run_id
      from logged_model_metrics join runs on runs.id = logged_model_metrics.run
      where ${isOfThese} order by model, key, step, at_ms
    `.execute(db.query),
  ]);
  const names = await keys.namesOf(metrics.rows.map((row) => row.key));
  const [paramsOf, tagsOf, metricsOf] = [
    Map.groupBy(params.rows, (row) => row.model),
    Map.groupBy(tags.rows, (row) => row.model),
    Map.groupBy(metrics.rows, (row) => row.model),
  ];
  return rows.map((row) => ({
    id: row.model_id,
    project: row.project,
    experimentId: String(row.experiment),
    name: row.name,
    modelType: row.model_type ?? "",
    sourceRunId: row.source_run_id ?? "",
    status: toStatus(row.status),
    state: row.state === "deleted" ? "deleted" : "active",
    artifactRoot: row.artifact_root,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    params: toRecord(paramsOf.get(row.id)),
    tags: toRecord(tagsOf.get(row.id)),
    metrics: (metricsOf.get(row.id) ?? []).map((metric) => toMetric(metric, names.get(metric.key) ?? "")),
  }));
}

function toRecord(rows: readonly ModelText[] | undefined): Record<string, string> {
  return Object.fromEntries((rows ?? []).map((row) => [row.key, row.value]));
}

function toMetric(row: ModelMetricRow, key: string): LoggedModelMetric {
  return {
    ...toPoint(row, key),
    runId: row.run_id,
    datasetName: row.dataset_name,
    datasetDigest: row.dataset_digest,
  };
}

function toStatus(text: string): LoggedModelStatus {
  return text === "ready" || text === "upload_failed" ? text : "pending";
}
