import { CompiledQuery, sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongTexts, foundByNumbers } from "#kernel/search";

import type { LifecycleState, MetricPoint, Run, RunStatus } from "../entities.ts";
import type { MetricRow } from "../schema.ts";
import type { KeyValue } from "../validation.ts";

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

/** A stored run as columns of a select, and where they come from. All are named: what asks for `*` is not kept prepared. */
const runColumns = `runs.id, runs.run_id, runs.experiment, experiments.project, runs.name, runs.status, runs.state,
  runs.user_name, runs.actor, runs.started_at_ms, runs.ended_at_ms, runs.artifact_root
  from runs join experiments on experiments.id = runs.experiment`;

// Asked before every write and for every page of a run: the text is kept, because building it costs more than
// running it.
const runText = `select ${runColumns} where `;

export async function readRun(db: Database, runId: string): Promise<StoredRun | undefined> {
  return await readOne(db, "runs.run_id", runId);
}

async function readOne(
  db: Database,
  column: "runs.run_id" | "runs.id",
  value: string | number,
): Promise<StoredRun | undefined> {
  const text = `${runText}${column} = ${db.engine === "postgres" ? "$1" : "?"}`;
  const { rows } = await db.query.executeQuery<StoredRun>(CompiledQuery.raw(text, [value]));
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
    select ${sql.raw(runColumns)} where ${amongTexts(db, sql`run_id`, runIds)}
  `.execute(db.query);
  return new Map(rows.map((run) => [run.run_id, run]));
}

/** In the order of the numbers as given. */
export async function readRunsByNumber(db: Database, ids: readonly number[]): Promise<StoredRun[]> {
  const [only, ...others] = ids;
  if (only === undefined) return [];
  if (others.length === 0) {
    const run = await readOne(db, "runs.id", only);
    return run === undefined ? [] : [run];
  }
  const { rows } = await sql<StoredRun>`
    select ${sql.raw(runColumns)} where ${foundByNumbers(db, sql`runs.id`, ids)}
  `.execute(db.query);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
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

export function toPoint(row: Omit<MetricRow, "run" | "key">, key: string): MetricPoint {
  return { key, value: row.is_nan === 1 ? Number.NaN : row.value, atMs: row.at_ms, step: row.step };
}

/** What a run is by itself. */
export function toRunHead(
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
