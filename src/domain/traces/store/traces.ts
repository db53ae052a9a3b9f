import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers, amongTexts, insertRows } from "#kernel/search";

import { traceStates } from "../entities.ts";
import type { TraceInfo, TraceState } from "../entities.ts";
import { readAssessments } from "./assessments.ts";

export interface StoredTrace {
  readonly id: number;
  readonly trace_id: string;
  readonly experiment: number;
  readonly state: string;
  readonly started_at_ms: number;
  readonly duration_ms: number | null;
  readonly client_request_id: string | null;
  readonly request_preview: string | null;
  readonly response_preview: string | null;
  readonly project: string | null;
}

export type NewTrace = Omit<StoredTrace, "id" | "project">;

/** Makes the trace unless there is one of its id. Whoever waits for the other, both then see the same row. */
export async function ensureTrace(db: Database, trace: NewTrace): Promise<{ readonly isNew: boolean }> {
  const inserted = await db.query
    .insertInto("traces")
    .values({ ...trace })
    .onConflict((conflict) => conflict.column("trace_id").doNothing())
    .returning("id")
    .executeTakeFirst();
  return { isNew: inserted !== undefined };
}

/** Reads a trace and keeps others from changing it until the transaction ends. */
export async function lockTrace(db: Database, traceId: string): Promise<StoredTrace | undefined> {
  if (db.engine === "postgres")
    await sql`select 1 from traces where trace_id = ${traceId} for update`.execute(db.query);
  return (await readTraces(db, [traceId]))[0];
}

/** Those there are among these, in the order asked. */
export async function readTraces(db: Database, traceIds: readonly string[]): Promise<StoredTrace[]> {
  const { rows } = await sql<StoredTrace>`
    select traces.*, experiments.project from traces join experiments on experiments.id = traces.experiment
    where ${amongTexts(db, sql`traces.trace_id`, traceIds)}
  `.execute(db.query);
  const byId = new Map(rows.map((row) => [row.trace_id, row]));
  return [...new Set(traceIds)].flatMap((id) => byId.get(id) ?? []);
}

export async function updateTrace(
  db: Database,
  id: number,
  change: Partial<Omit<NewTrace, "trace_id" | "experiment">>,
): Promise<void> {
  if (Object.keys(change).length === 0) return;
  await db.query.updateTable("traces").set(change).where("id", "=", id).execute();
}

export type PairTable = "trace_tags" | "trace_metadata";

/** Sets each pair, or keeps the value that is there (`keep`). */
export async function savePairs(
  db: Database,
  table: PairTable,
  trace: number,
  pairs: Readonly<Record<string, string>>,
  mode: "set" | "keep" = "set",
): Promise<void> {
  await insertRows(
    db,
    `${table} (trace, key, value)`,
    Object.entries(pairs).map(([key, value]) => [trace, key, value]),
    `(trace, key) do ${mode === "set" ? "update set value = excluded.value" : "nothing"}`,
  );
}

export async function readPairs(
  db: Database,
  table: PairTable,
  traces: readonly number[],
): Promise<ReadonlyMap<number, Readonly<Record<string, string>>>> {
  const { rows } = await sql<{ trace: number; key: string; value: string }>`
    select trace, key, value from ${sql.table(table)} where ${amongNumbers(db, sql`trace`, traces)} order by trace, key
  `.execute(db.query);
  const grouped = Map.groupBy(rows, (row) => row.trace);
  return new Map(
    [...grouped].map(([trace, of]) => [trace, Object.fromEntries(of.map((row) => [row.key, row.value]))]),
  );
}

/** Whether there was one. */
export async function deleteTag(db: Database, trace: number, key: string): Promise<boolean> {
  const deleted = await db.query
    .deleteFrom("trace_tags")
    .where("trace", "=", trace)
    .where("key", "=", key)
    .returning("key")
    .execute();
  return deleted.length > 0;
}

/** Sets what a trace counts in all. */
export async function saveMeasures(
  db: Database,
  trace: number,
  measures: Iterable<readonly [string, number]>,
): Promise<void> {
  await insertRows(
    db,
    "trace_measures (trace, key, value)",
    [...measures].map(([key, value]) => [trace, key, value]),
    "(trace, key) do update set value = excluded.value",
  );
}

export interface Deletion {
  readonly experiment: number;
  readonly untilMs?: number | undefined;
  readonly most?: number | undefined;
  readonly traceIds?: readonly string[] | undefined;
}

/** Deletes traces, the oldest first, with everything of them. */
export async function deleteTraces(db: Database, deletion: Deletion): Promise<string[]> {
  const { experiment, untilMs, most, traceIds } = deletion;
  const until = untilMs === undefined ? sql`1 = 1` : sql`started_at_ms <= ${untilMs}`;
  const among = traceIds === undefined ? sql`1 = 1` : amongTexts(db, sql`trace_id`, traceIds);
  const limit = most === undefined ? sql`` : sql`limit ${most}`;
  const { rows } = await sql<{ trace_id: string }>`
    delete from traces where id in (
      select id from traces where experiment = ${experiment} and ${until} and ${among} order by started_at_ms, id ${limit}
    ) returning trace_id
  `.execute(db.query);
  return rows.map((row) => row.trace_id);
}

/** Adds everything but the spans. */
export async function completeTraces(db: Database, rows: readonly StoredTrace[]): Promise<TraceInfo[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const tags = await readPairs(db, "trace_tags", ids);
  const metadata = await readPairs(db, "trace_metadata", ids);
  const assessments = await readAssessments(db, ids);
  return rows.map((row) => ({
    id: row.trace_id,
    experimentId: String(row.experiment),
    project: row.project,
    state: toState(row.state),
    startedAtMs: row.started_at_ms,
    durationMs: row.duration_ms,
    clientRequestId: row.client_request_id,
    requestPreview: row.request_preview,
    responsePreview: row.response_preview,
    tags: tags.get(row.id) ?? {},
    metadata: metadata.get(row.id) ?? {},
    assessments: assessments.get(row.id) ?? [],
  }));
}

export function toState(text: string): TraceState {
  return traceStates.find((state) => state === text) ?? "STATE_UNSPECIFIED";
}
