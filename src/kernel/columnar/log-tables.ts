import { randomUUID } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { Blobs } from "../blobs/index.ts";
import type { Database } from "../db/index.ts";
import { onDisk } from "../disk.ts";
import type { Analyst } from "./analyst.ts";
import { listSegments, recoverAbandoned, removeSegment } from "../append-log/index.ts";
import type { Segment } from "../append-log/index.ts";
import { insertSegment, listParquetSegments } from "./log-store.ts";
import type { ParquetSegment } from "./log-store.ts";
import { sqlName, sqlText, sqlTextList } from "./sql-text.ts";

/** An append log seen as a table. */
export interface LogTable {
  /** Names the log in the manifest. */
  readonly name: string;
  /** The folder its writers append in. */
  readonly folder: string;
  /** Columns and their DuckDB types, such as `{ id: "VARCHAR", at_ms: "BIGINT", features: "JSON" }`. Other keys of a record are left out. */
  readonly columns: Readonly<Record<string, string>>;
  /** A column every record has: what tells a record from a line that is still being written. */
  readonly key: string;
  /** The column with milliseconds by which segments are skipped and sorted. */
  readonly atColumn?: string;
}

export interface LogParts {
  readonly db: Database;
  readonly blobs: Blobs;
  readonly analyst: Analyst;
}

/** Only records whose `atColumn` lies in [fromMs, toMs) are wanted: segments outside are not read. */
export interface LogPeriod {
  readonly fromMs?: number;
  readonly toMs?: number;
}

/**
 * Turns sealed segments into Parquet in the blob store, and removes segments turned earlier. Returns
 * what was made. Run it as a job; running it twice at once is harmless. A segment's own file is kept
 * for `keepMs` after it was sealed, for queries that were given its path.
 */
export async function sealToParquet(
  parts: LogParts,
  log: LogTable,
  options: { readonly workFolder: string; readonly keepMs?: number },
): Promise<ParquetSegment[]> {
  await recoverAbandoned(log.folder);
  const segments = (await listSegments(log.folder)).filter((segment) => segment.sealed);
  const done = new Set((await listParquetSegments(parts.db, log.name)).map(({ segment }) => segment));
  const made: ParquetSegment[] = [];
  for (const segment of segments) {
    if (done.has(segment.name)) await removeWhenOld(log, segment, options.keepMs ?? 10 * 60_000);
    else made.push(await convert(parts, log, segment, options.workFolder));
  }
  return made;
}

/**
 * The table for a FROM clause: `(select …)` over every acknowledged record, the Parquet ones and those
 * still in segments. Make it anew for each query.
 */
export async function readLogSql(
  parts: Pick<LogParts, "db" | "blobs">,
  log: LogTable,
  period: LogPeriod = {},
): Promise<string> {
  // Segments first, the manifest second: one that is turned in between is in both, and one that is
  // removed in between is in the second. The other way round it could be in neither.
  const segments = await listSegments(log.folder);
  const turned = await listParquetSegments(parts.db, log.name);
  const inParquet = new Set(turned.map(({ segment }) => segment));
  const wanted = turned.filter((segment) => segment.rows > 0 && overlaps(segment, period));
  const parquetPaths = await Promise.all(wanted.map(({ digest }) => parts.blobs.localPath(digest)));
  const openPaths = segments.filter(({ name }) => !inParquet.has(name)).map(({ path }) => path);

  // The first part has no rows; it makes a column exist that older Parquet files do not have.
  const selects = [`select ${columnList(log, (type) => `null::${type}`)} where false`];
  if (parquetPaths.length > 0) {
    selects.push(`select * from read_parquet(${sqlTextList(parquetPaths)}, union_by_name = true)`);
  }
  if (openPaths.length > 0) selects.push(`select * from ${readLines(log, openPaths, true)}`);
  const columns = columnList(log, (type, name) => `cast(${name} as ${type})`);
  return `(select ${columns} from (${selects.join(" union all by name ")})${periodClause(log, period)})`;
}

/**
 * A text that changes whenever a record is appended: whoever looked already can tell, without a query, that
 * there is nothing new. It may also change without a record, when a segment is sealed.
 */
export async function logPosition({ folder }: Pick<LogTable, "folder">): Promise<string> {
  const newest = Map.groupBy(await listSegments(folder), ({ writer }) => writer).values();
  const ends = await Promise.all(
    [...newest].map(async (segments) => {
      const last = segments.at(-1);
      return last === undefined ? "" : `${last.name} ${(await stat(last.path)).size}`;
    }),
  );
  return ends.join(", ");
}

async function convert(
  parts: LogParts,
  log: LogTable,
  segment: Segment,
  workFolder: string,
): Promise<ParquetSegment> {
  await onDisk(workFolder, () => mkdir(workFolder, { recursive: true }));
  const target = join(workFolder, `${randomUUID()}.parquet`);
  const source = readLines(log, [segment.path], false);
  const order = log.atColumn === undefined ? "" : ` order by ${sqlName(log.atColumn)}`;
  try {
    const { size } = await stat(segment.path);
    const from = size === 0 ? `(select ${columnList(log, (type) => `null::${type}`)} where false)` : source;
    await parts.analyst.run(
      `copy (select * from ${from}${order}) to ${sqlText(target)} (format parquet, compression zstd)`,
    );
    const [range] = await parts.analyst.rows(rangeSql(log, target), [], rangeSchema);
    const stored = await parts.blobs.putFile(target);
    const made = {
      log: log.name,
      segment: segment.name,
      digest: stored.digest,
      sizeBytes: stored.sizeBytes,
      rows: range?.rows ?? 0,
      firstAtMs: range?.first_at_ms ?? null,
      lastAtMs: range?.last_at_ms ?? null,
    };
    await insertSegment(parts.db, made);
    return made;
  } finally {
    await rm(target, { force: true });
  }
}

const rangeSchema = z.object({
  rows: z.number(),
  first_at_ms: z.number().nullable(),
  last_at_ms: z.number().nullable(),
});

function rangeSql(log: LogTable, path: string): string {
  const at = log.atColumn === undefined ? "null" : sqlName(log.atColumn);
  return `select count(*) as rows, min(${at})::bigint as first_at_ms, max(${at})::bigint as last_at_ms from read_parquet(${sqlText(path)})`;
}

/** A segment that is being written may end in half a line; it reads as a row of nulls, which the key tells. */
function readLines(log: LogTable, paths: readonly string[], growing: boolean): string {
  const columns = Object.entries(log.columns).map(([name, type]) => `${sqlText(name)}: ${sqlText(type)}`);
  const read = `read_json(${sqlTextList(paths)}, format = 'newline_delimited', columns = {${columns.join(", ")}}, ignore_errors = ${growing}, maximum_object_size = ${longestLineBytes})`;
  return growing ? `(select * from ${read} where ${sqlName(log.key)} is not null)` : read;
}

// DuckDB holds twice this much for each thread.
const longestLineBytes = 16 * 1024 * 1024;

function columnList(log: LogTable, expression: (type: string, name: string) => string): string {
  return Object.entries(log.columns)
    .map(([name, type]) => `${expression(type, sqlName(name))} as ${sqlName(name)}`)
    .join(", ");
}

function overlaps(segment: ParquetSegment, { fromMs, toMs }: LogPeriod): boolean {
  if (segment.firstAtMs === null || segment.lastAtMs === null) return true;
  return (
    (fromMs === undefined || segment.lastAtMs >= fromMs) && (toMs === undefined || segment.firstAtMs < toMs)
  );
}

function periodClause(log: LogTable, { fromMs, toMs }: LogPeriod): string {
  if (log.atColumn === undefined) return "";
  const at = sqlName(log.atColumn);
  const limits = [
    ...(fromMs === undefined ? [] : [`${at} >= ${Math.trunc(fromMs)}`]),
    ...(toMs === undefined ? [] : [`${at} < ${Math.trunc(toMs)}`]),
  ];
  return limits.length === 0 ? "" : ` where ${limits.join(" and ")}`;
}

async function removeWhenOld(log: LogTable, segment: Segment, keepMs: number): Promise<void> {
  // File times are the system's, so they are compared with the system's clock.
  if ((await stat(segment.path)).mtimeMs <= Date.now() - keepMs) await removeSegment(log.folder, segment);
}
