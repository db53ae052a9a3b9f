import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";

import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { syncFolder, toDiskProblem } from "../disk.ts";
import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";
import { lockWriter, markSealed, nextSegmentNumber, recoverWriter, segmentName } from "./segments.ts";

export { listSegments, recoverAbandoned, removeSegment } from "./segments.ts";
export type { Segment } from "./segments.ts";

export interface AppendLogOptions {
  readonly folder: string;
  /** Names this writer among those that share the folder: letters, digits and hyphens. */
  readonly writer: string;
  /** A segment that has grown to this is sealed. 16 MiB by default. */
  readonly maximumSegmentBytes?: number;
  /**
   * A segment this old is sealed at the next append. 6 hours by default: each becomes a Parquet file, and
   * a file every ten minutes would be 50,000 a year for every query to open.
   */
  readonly maximumSegmentAgeMs?: number;
  /** Bytes that may wait for the disk before `append` refuses. 64 MiB by default. */
  readonly maximumPendingBytes?: number;
  /** Decides a segment's age only. */
  readonly clock?: Clock;
}

/** Records that are never changed, as lines of JSON in segment files. */
export interface AppendLog {
  /**
   * Resolves when the record is on the disk. Throws `disk_full`, `folder_not_writable`,
   * `log_overloaded` or `log_closed`; then the record is not in the log.
   */
  append(record: object): Promise<void>;
  /** Seals the open segment, if it holds anything, so that it can be turned into Parquet. */
  rotate(): Promise<void>;
  /** Bytes waiting for the disk: what a caller looks at to sample down in time. */
  pendingBytes(): number;
  /** Writes what waits, seals and releases the writer's name. */
  close(): Promise<void>;
}

/**
 * Opens a log for one writer. Imports neither DuckDB nor the database: a gateway uses it alone.
 *
 * Group commit: all records that arrive while one `fdatasync` runs go out with the next, in one
 * write. So the cost of durability is paid per turn of the disk, not per record: see
 * `bench/append-log.ts` for the measured numbers.
 *
 * Invariant: a segment holds whole lines up to `committedBytes`. When a write or a sync fails, the
 * segment is cut back to it, the batch is refused, and the next record goes to a new segment, because
 * after a failed sync nobody knows which pages of the old one the disk holds.
 */
export async function openAppendLog(options: AppendLogOptions): Promise<AppendLog> {
  const { folder, writer } = options;
  const maximumSegmentBytes = options.maximumSegmentBytes ?? 16 * 1024 * 1024;
  const maximumSegmentAgeMs = options.maximumSegmentAgeMs ?? 6 * 60 * 60_000;
  const maximumPendingBytes = options.maximumPendingBytes ?? 64 * 1024 * 1024;
  const clock = options.clock ?? systemClock;

  const unlock = await lockWriter(folder, writer);
  await recoverWriter(folder, writer);
  let number = await nextSegmentNumber(folder, writer);
  let segment: OpenSegment | undefined;
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let closing = false;
  let work: Promise<void> = Promise.resolve();
  let flushPlanned = false;

  /** Everything that touches the files takes turns here. */
  function inTurn(step: () => Promise<void>): Promise<void> {
    const done = work.then(step);
    work = done.catch(() => {});
    return done;
  }

  function planFlush(): void {
    if (flushPlanned) return;
    flushPlanned = true;
    void inTurn(flush);
  }

  async function flush(): Promise<void> {
    flushPlanned = false;
    const batch = waiting;
    const batchBytes = waitingBytes;
    if (batch.length === 0) return;
    waiting = [];
    waitingBytes = 0;
    try {
      segment ??= await openSegment(folder, writer, number++, clock);
      await writeAndSync(segment, batch, batchBytes);
      for (const record of batch) record.resolve();
    } catch (error) {
      await abandon();
      const problem = toDiskProblem(folder, error);
      for (const record of batch) record.reject(problem);
      return;
    }
    if (
      segment.committedBytes >= maximumSegmentBytes ||
      clock.nowMs() - segment.openedAtMs >= maximumSegmentAgeMs
    ) {
      await seal();
    }
  }

  async function abandon(): Promise<void> {
    const broken = segment;
    segment = undefined;
    if (broken === undefined) return;
    try {
      await broken.handle.truncate(broken.committedBytes);
      await broken.handle.sync();
      await markSealed(folder, broken.name);
    } catch {
      // Then the segment stays unsealed, readers skip its half line, and the next opening cuts it.
    }
    await broken.handle.close().catch(() => {});
  }

  async function seal(): Promise<void> {
    const full = segment;
    segment = undefined;
    if (full === undefined) return;
    await full.handle.close();
    await markSealed(folder, full.name).catch((error: unknown) => {
      throw toDiskProblem(folder, error);
    });
  }

  return {
    append(record) {
      if (closing) return Promise.reject(closed(writer));
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      if (waitingBytes + line.byteLength > maximumPendingBytes)
        return Promise.reject(overloaded(folder, waitingBytes));
      waitingBytes += line.byteLength;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ line, resolve, reject });
      planFlush();
      return promise;
    },
    rotate: () => inTurn(seal),
    pendingBytes: () => waitingBytes,
    async close() {
      if (closing) return await work;
      closing = true;
      await inTurn(async () => {
        await flush();
        await seal();
        await unlock();
      });
    },
  };
}

interface Waiting {
  readonly line: Buffer;
  resolve(): void;
  reject(reason: unknown): void;
}

interface OpenSegment {
  readonly name: string;
  readonly handle: FileHandle;
  readonly openedAtMs: number;
  committedBytes: number;
}

async function openSegment(
  folder: string,
  writer: string,
  number: number,
  clock: Clock,
): Promise<OpenSegment> {
  const name = segmentName(writer, number);
  const handle = await open(join(folder, name), "ax", 0o644);
  await syncFolder(folder);
  return { name, handle, openedAtMs: clock.nowMs(), committedBytes: 0 };
}

async function writeAndSync(
  segment: OpenSegment,
  batch: readonly Waiting[],
  batchBytes: number,
): Promise<void> {
  const bytes = Buffer.concat(
    batch.map((record) => record.line),
    batchBytes,
  );
  let written = 0;
  while (written < bytes.byteLength) written += (await segment.handle.write(bytes, written)).bytesWritten;
  await segment.handle.datasync();
  segment.committedBytes += bytes.byteLength;
}

function closed(writer: string): Problem {
  return new Problem(problems.log_closed, { message: `The log of ${writer} is closing.` });
}

function overloaded(folder: string, waitingBytes: number): Problem {
  return new Problem(problems.log_overloaded, {
    message: `${waitingBytes} bytes already wait to be written to ${folder}.`,
    data: { folder, waitingBytes },
  });
}
