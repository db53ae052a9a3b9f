import { CompiledQuery, sql } from "kysely";
import type { RawBuilder } from "kysely";

import type { Database } from "#kernel/db";
import { numberList, textList } from "#kernel/search";

import type { DatasetInput, LifecycleState, MetricPoint, ModelOutput, Run, RunStatus } from "../entities.ts";
import type { KeyValue } from "../validation.ts";
import type { Keys } from "./keys.ts";

/** A run without its params, metrics and tags. `project` is that of its experiment. */
export interface StoredRun {
  readonly id: number;
  readonly run_id: string;
  readonly experiment: number;
  readonly project: string | null;
  readonly name: string;
  readonly status: string;
  readonly state: string;
  readonly user_name: string;
  readonly actor: string;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly artifact_root: string;
}

export async function insertRun(db: Database, row: Omit<StoredRun, "id" | "project">): Promise<number> {
  const inserted = await db.query.insertInto("runs").values(row).returning("id").executeTakeFirstOrThrow();
  return inserted.id;
}

const runText =
  "select runs.*, experiments.project from runs join experiments on experiments.id = runs.experiment where run_id = ";

// Asked before every write: the text is kept, because building it costs more than running it.
export async function readRun(db: Database, runId: string): Promise<StoredRun | undefined> {
  const text = runText + (db.engine === "postgres" ? "$1" : "?");
  const { rows } = await db.query.executeQuery<StoredRun>(CompiledQuery.raw(text, [runId]));
  return rows[0];
}

/** Those that there are, by their ids. */
export async function readRuns(
  db: Database,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, StoredRun>> {
  const [only, ...others] = runIds;
  if (only === undefined) return new Map();
  if (others.length === 0) {
    const run = await readRun(db, only);
    return new Map(run === undefined ? [] : [[only, run]]);
  }
  const { rows } = await sql<StoredRun>`
    select runs.*, experiments.project from runs join experiments on experiments.id = runs.experiment
    where run_id in ${textList(db, runIds)}
  `.execute(db.query);
  return new Map(rows.map((run) => [run.run_id, run]));
}

export async function updateRun(
  db: Database,
  id: number,
  change: { name?: string; status?: RunStatus; state?: LifecycleState; ended_at_ms?: number | null },
): Promise<void> {
  if (Object.keys(change).length === 0) return;
  await db.query.updateTable("runs").set(change).where("id", "=", id).execute();
}

export async function countMetricKeys(db: Database, run: number): Promise<number> {
  const row = await db.query
    .selectFrom("latest_metrics")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("run", "=", run)
    .executeTakeFirstOrThrow();
  return row.count;
}

interface KeyedText {
  run: number;
  key: number;
  value: string;
}

interface KeyedMetric {
  run: number;
  key: number;
  value: number;
  is_nan: number;
  step: number;
  at_ms: number;
}

interface StoredInput {
  run: number;
  tags: string;
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

/** Which parts of a run are wanted: of params, metrics and tags these keys only. */
export interface RunParts {
  readonly params: readonly string[];
  readonly metrics: readonly string[];
  readonly tags: readonly string[];
}

/**
 * Completes runs with what hangs on them, in five statements however many runs there are. With `parts`,
 * only the named keys are read, and neither inputs nor models.
 */
export async function completeRuns(
  db: Database,
  keys: Keys,
  rows: readonly StoredRun[],
  parts?: RunParts,
): Promise<Run[]> {
  if (rows.length === 0) return [];
  const ids = numberList(
    db,
    rows.map((row) => row.id),
  );
  const texts = async (table: "run_params" | "run_tags", wanted: readonly string[] | undefined) => {
    if (wanted?.length === 0) return [];
    const { rows: found } = await sql<KeyedText>`
      select run, key, value from ${sql.table(table)} where run in ${ids} ${await onlyKeys(db, keys, wanted)}
    `.execute(db.query);
    return found;
  };
  const params = await texts("run_params", parts?.params);
  const tags = await texts("run_tags", parts?.tags);
  const metrics =
    parts?.metrics.length === 0
      ? []
      : (
          await sql<KeyedMetric>`
            select run, key, value, is_nan, step, at_ms from latest_metrics
            where run in ${ids} ${await onlyKeys(db, keys, parts?.metrics)}
          `.execute(db.query)
        ).rows;
  const inputs = parts === undefined ? await readInputs(db, ids) : [];
  const models = parts === undefined ? await readModelLinks(db, ids) : [];
  const keyIds = new Set<number>();
  for (const part of [params, tags, metrics]) for (const { key } of part) keyIds.add(key);
  const names = await keys.namesOf(keyIds);

  const paramsOf = groupTexts(params, names);
  const tagsOf = groupTexts(tags, names);
  const metricsOf = Map.groupBy(metrics, (row) => row.run);
  const inputsOf = Map.groupBy(inputs, (row) => row.run);
  const modelsOf = Map.groupBy(models, (row) => row.run);
  return rows.map((row) => {
    const latest = (metricsOf.get(row.id) ?? []).map((metric) =>
      toPoint(metric, names.get(metric.key) ?? ""),
    );
    const linked = modelsOf.get(row.id) ?? [];
    return {
      ...toRunHead(row),
      params: Object.fromEntries(paramsOf.get(row.id) ?? []),
      metrics: Object.fromEntries(latest.map((point) => [point.key, point.value])),
      latestMetrics: latest,
      tags: Object.fromEntries(tagsOf.get(row.id) ?? []),
      inputs: (inputsOf.get(row.id) ?? []).map(toInput),
      modelInputs: linked.filter((link) => link.direction === "input").map((link) => link.model_id),
      modelOutputs: linked.filter((link) => link.direction === "output").map(toOutput),
    };
  });
}

async function onlyKeys(
  db: Database,
  keys: Keys,
  names: readonly string[] | undefined,
): Promise<RawBuilder<unknown>> {
  if (names === undefined) return sql``;
  const known: number[] = [];
  for (const name of names) {
    const id = await keys.find(name);
    if (id !== undefined) known.push(id);
  }
  return sql`and key in ${numberList(db, known)}`;
}

async function readInputs(db: Database, ids: RawBuilder<unknown>): Promise<readonly StoredInput[]> {
  const { rows } = await sql<StoredInput>`
    select run_datasets.run, run_datasets.tags, name, digest, source_type, source, schema, profile
    from run_datasets join tracked_datasets on tracked_datasets.id = run_datasets.dataset where run in ${ids}
    order by run, dataset
  `.execute(db.query);
  return rows;
}

interface ModelLink {
  run: number;
  direction: string;
  model_id: string;
  step: number;
}

async function readModelLinks(db: Database, ids: RawBuilder<unknown>): Promise<readonly ModelLink[]> {
  const { rows } = await sql<ModelLink>`
    select run, direction, model_id, step from run_models where run in ${ids} order by run, step, model_id
  `.execute(db.query);
  return rows;
}

/** A run that was made a moment ago, with its tags: nothing else can hang on it yet. */
export function freshRun(row: StoredRun, tags: readonly KeyValue[]): Run {
  return {
    ...toRunHead(row),
    params: {},
    metrics: {},
    latestMetrics: [],
    tags: Object.fromEntries(tags.map((tag) => [tag.key, tag.value])),
    inputs: [],
    modelInputs: [],
    modelOutputs: [],
  };
}

function groupTexts(
  rows: readonly KeyedText[],
  names: ReadonlyMap<number, string>,
): Map<number, [string, string][]> {
  const byRun = new Map<number, [string, string][]>();
  for (const { run, key, value } of rows) {
    const entry: [string, string] = [names.get(key) ?? "", value];
    const entries = byRun.get(run);
    if (entries === undefined) byRun.set(run, [entry]);
    else entries.push(entry);
  }
  return byRun;
}

export function toPoint(row: Omit<KeyedMetric, "run" | "key">, key: string): MetricPoint {
  return { key, value: row.is_nan === 1 ? Number.NaN : row.value, atMs: row.at_ms, step: row.step };
}

function toInput(row: StoredInput): DatasetInput {
  const { name, digest, source } = row;
  return {
    dataset: {
      name,
      digest,
      sourceType: row.source_type,
      source,
      schema: row.schema ?? undefined,
      profile: row.profile ?? undefined,
    },
    tags: JSON.parse(row.tags),
  };
}

function toOutput(row: { model_id: string; step: number }): ModelOutput {
  return { modelId: row.model_id, step: row.step };
}

function toRunHead(
  row: StoredRun,
): Omit<Run, "params" | "metrics" | "latestMetrics" | "tags" | "inputs" | "modelInputs" | "modelOutputs"> {
  return {
    id: row.run_id,
    project: row.project,
    experimentId: String(row.experiment),
    name: row.name,
    status: toStatus(row.status),
    state: row.state === "deleted" ? "deleted" : "active",
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    actor: row.actor,
    userName: row.user_name,
    artifactRoot: row.artifact_root,
  };
}

const statuses: readonly RunStatus[] = ["running", "scheduled", "finished", "failed", "killed"];

function toStatus(text: string): RunStatus {
  const status = statuses.find((known) => known === text);
  if (status === undefined) throw new Error(`a run has the status ${text}`);
  return status;
}
