import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { insertRows } from "#kernel/search";

import type { SeriesBucket } from "../entities.ts";
import { readHistory } from "./history.ts";
import type { HistoryCursor } from "./history.ts";
import type { SeriesKey, SeriesRange } from "./series.ts";

export interface MetricChunkRow {
  run: number;
  key: number;
  chunk: number;
  points: number;
  from_step: number;
  to_step: number;
  from_ms: number;
  to_ms: number;
  min_value: number | null;
  max_value: number | null;
  last_value: number | null;
  /** The last point in the order of the series: (step, time, value, is NaN). */
  end_ms: number;
  end_value: number;
  end_nan: number;
}

/** So many points in the order of the series are one chunk. */
export const pointsPerChunk = 64;
const chunksPerRead = 64;

/** Where the chunks of a series end: every point up to here is in one, none behind it. */
export interface ChunksEnd extends HistoryCursor {
  readonly chunk: number;
}

export async function readChunksEnd(db: Database, { run, key }: SeriesKey): Promise<ChunksEnd | undefined> {
  const row = await db.query
    .selectFrom("metric_chunks")
    .select(["chunk", "to_step", "end_ms", "end_value", "end_nan"])
    .where("run", "=", run)
    .where("key", "=", key)
    .orderBy("chunk", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { chunk, to_step: step, end_ms: atMs, end_value: value, end_nan: isNan } = row;
  return { chunk, step, atMs, value, isNan };
}

/** Every series that has chunks, and the (step, time) they end at. */
export async function listChunked(
  db: Database,
): Promise<{ run: number; key: number; step: number; atMs: number }[]> {
  const { rows } = await sql<{ run: number; key: number; to_step: number; end_ms: number }>`
    select run, key, to_step, end_ms from metric_chunks as chunks
    where chunk = (select max(chunk) from metric_chunks as others where others.run = chunks.run and others.key = chunks.key)
  `.execute(db.query);
  return rows.map(({ run, key, to_step: step, end_ms: atMs }) => ({ run, key, step, atMs }));
}

/** The next full chunks behind `end`, and whether there may be more. Reads some thousand points. */
export async function readNextChunks(
  db: Database,
  where: SeriesKey,
  end: ChunksEnd | undefined,
): Promise<{ rows: MetricChunkRow[]; end: ChunksEnd | undefined; isMore: boolean }> {
  const limit = pointsPerChunk * chunksPerRead;
  const { points } = await readHistory(db, { ...where, name: "" }, { after: end, limit });
  const rows: MetricChunkRow[] = [];
  let last = end;
  for (let at = 0; at + pointsPerChunk <= points.length; at += pointsPerChunk) {
    const chunk: number = last === undefined ? 0 : last.chunk + 1;
    const part = points.slice(at, at + pointsPerChunk);
    const values = part.map((point) => point.value).filter((value) => !Number.isNaN(value));
    const [first, final] = [part[0], part.at(-1)];
    if (first === undefined || final === undefined) break;
    const isNan = Number.isNaN(final.value) ? 1 : 0;
    const times = part.map((point) => point.atMs);
    rows.push({
      ...where,
      chunk,
      points: part.length,
      from_step: first.step,
      to_step: final.step,
      from_ms: Math.min(...times),
      to_ms: Math.max(...times),
      min_value: values.length === 0 ? null : Math.min(...values),
      max_value: values.length === 0 ? null : Math.max(...values),
      last_value: values.at(-1) ?? null,
      end_ms: final.atMs,
      end_value: isNan === 1 ? 0 : final.value,
      end_nan: isNan,
    });
    last = { chunk, step: final.step, atMs: final.atMs, value: isNan === 1 ? 0 : final.value, isNan };
  }
  return { rows, end: last, isMore: points.length === limit };
}

export async function insertChunks(db: Database, rows: readonly MetricChunkRow[]): Promise<void> {
  await insertRows(
    db,
    `metric_chunks (run, key, chunk, points, from_step, to_step, from_ms, to_ms, min_value, max_value,
      last_value, end_ms, end_value, end_nan)`,
    rows.map((row) => [
      row.run,
      row.key,
      row.chunk,
      row.points,
      row.from_step,
      row.to_step,
      row.from_ms,
      row.to_ms,
      row.min_value,
      row.max_value,
      row.last_value,
      row.end_ms,
      row.end_value,
      row.end_nan,
    ]),
    "do nothing",
  );
}

/** Takes away the chunks that a point at (step, time) would lie in or before. */
export async function deleteChunksFrom(
  db: Database,
  { run, key }: SeriesKey,
  from: { readonly step: number; readonly atMs: number },
): Promise<void> {
  await sql`
    delete from metric_chunks where run = ${run} and key = ${key} and (to_step, end_ms) >= (${from.step}, ${from.atMs})
  `.execute(db.query);
}

/** The chunks that have to do with a range, in order. */
export async function readChunks(
  db: Database,
  { run, key }: SeriesKey,
  { axis, from, to }: SeriesRange,
): Promise<SeriesBucket[]> {
  const [first, last] = axis === "time" ? ["from_ms", "to_ms"] : ["from_step", "to_step"];
  const { rows } = await sql<MetricChunkRow>`
    select points, from_step, to_step, from_ms, to_ms, min_value, max_value, last_value from metric_chunks
    where run = ${run} and key = ${key}
      ${from === undefined ? sql`` : sql`and ${sql.ref(last)} >= ${from}`}
      ${to === undefined ? sql`` : sql`and ${sql.ref(first)} <= ${to}`}
    order by chunk
  `.execute(db.query);
  return rows.map((row) => ({
    fromStep: row.from_step,
    toStep: row.to_step,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    count: row.points,
    min: row.min_value,
    max: row.max_value,
    last: row.last_value,
  }));
}
