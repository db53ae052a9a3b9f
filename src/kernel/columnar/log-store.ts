import type { HeldBlob } from "../blobs/index.ts";
import type { Database, Migration } from "../db/index.ts";
import type { Digest } from "../digest.ts";
import { inPages, rowsPerPage } from "../search/index.ts";

declare module "../db/index.ts" {
  interface Tables {
    log_segments: SegmentRow;
  }
}

interface SegmentRow {
  log: string;
  segment: string;
  digest: string;
  rows: number;
  size_bytes: number;
  first_at_ms: number | null;
  last_at_ms: number | null;
}

/** A segment of a log that lies in the blob store as Parquet. */
export interface ParquetSegment {
  readonly log: string;
  readonly segment: string;
  readonly digest: Digest;
  readonly rows: number;
  readonly sizeBytes: number;
  /** Null when the segment has no rows or the log no time column. */
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
}

export const migrations: readonly Migration[] = [
  {
    id: "columnar-001",
    statements: ({ text, integer, strict }) => [
      `create table log_segments (
        log ${text} not null, segment ${text} not null, digest ${text} not null, rows ${integer} not null,
        size_bytes ${integer} not null, first_at_ms ${integer}, last_at_ms ${integer},
        primary key (log, segment)
      ) ${strict}`,
      `create index log_segments_time on log_segments (log, last_at_ms)`,
    ],
  },
];

/** Returns false when another process was faster; both made the same file. */
export async function insertSegment(db: Database, segment: ParquetSegment): Promise<boolean> {
  const inserted = await db.query
    .insertInto("log_segments")
    .values({
      log: segment.log,
      segment: segment.segment,
      digest: segment.digest,
      rows: segment.rows,
      size_bytes: segment.sizeBytes,
      first_at_ms: segment.firstAtMs,
      last_at_ms: segment.lastAtMs,
    })
    .onConflict((conflict) => conflict.columns(["log", "segment"]).doNothing())
    .returning("segment")
    .executeTakeFirst();
  return inserted !== undefined;
}

/** The sealed segments of every log. */
export async function* segmentBlobsInUse(db: Database): AsyncIterable<HeldBlob> {
  const rows = inPages<Pick<SegmentRow, "log" | "segment" | "digest">>(
    async (after) =>
      await db.query
        .selectFrom("log_segments")
        .select(["log", "segment", "digest"])
        .where(({ eb, or, and }) =>
          or([
            eb("log", ">", after?.log ?? ""),
            and([eb("log", "=", after?.log ?? ""), eb("segment", ">", after?.segment ?? "")]),
          ]),
        )
        .orderBy("log")
        .orderBy("segment")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { digest } of rows) yield { digest, isTree: false };
}

export async function listParquetSegments(db: Database, log: string): Promise<ParquetSegment[]> {
  const rows = await db.query
    .selectFrom("log_segments")
    .selectAll()
    .where("log", "=", log)
    .orderBy("segment")
    .execute();
  return rows.map((row) => ({
    log: row.log,
    segment: row.segment,
    digest: row.digest,
    rows: row.rows,
    sizeBytes: row.size_bytes,
    firstAtMs: row.first_at_ms,
    lastAtMs: row.last_at_ms,
  }));
}
