import { setImmediate as nextTurn } from "node:timers/promises";

import type { Database } from "#kernel/db";

import type { MetricPoint, SeriesBucket } from "./entities.ts";
import type { Keys } from "./store/keys.ts";
import { hasMoreThan, readBuckets, readExtent, readPoints } from "./store/series.ts";
import type { SeriesKey, SeriesRange } from "./store/series.ts";
import {
  deleteChunksFrom,
  insertChunks,
  listChunked,
  pointsPerChunk,
  readChunks,
  readChunksEnd,
  readNextChunks,
} from "./store/series-chunks.ts";
import type { MetricChunkRow } from "./store/series-chunks.ts";
import type { Write } from "./store/writes.ts";

/**
 * Series too long to be reduced anew for every look. Their points are summed up in chunks of 64 (count,
 * least, greatest, last), made in the background as points come; a look at a million points then reads some
 * thousand rows instead.
 *
 * A chunk is true for ever as long as no point arrives within it. One that does, by (step, time), takes away
 * in its own transaction every chunk from there on; they are made again later. So a chunk that is there is
 * right, and whatever is behind the last one is read point by point.
 */
export interface LongSeries {
  /** Whether any series has chunks. Without them, points may be added outside a transaction, too. */
  hasChunks(): Promise<boolean>;
  /** Call inside the transaction that adds points to a run, after they were added. */
  added(run: number, points: readonly MetricPoint[]): Promise<void>;
  read(where: SeriesKey, range: SeriesRange, buckets: number): Promise<SeriesStretch | undefined>;
}

export interface SeriesStretch {
  readonly points: number;
  readonly isOneStep: boolean;
  readonly buckets: readonly SeriesBucket[];
}

// Below this, reducing the points themselves is as quick.
const longFrom = 20_000;
const mostCounted = 50_000;
const last: Position = { step: Number.MAX_SAFE_INTEGER, atMs: Number.MAX_SAFE_INTEGER };

interface Position {
  readonly step: number;
  readonly atMs: number;
}

export function createLongSeries(parts: { db: Database; keys: Keys; write: Write }): LongSeries {
  const { db, keys, write } = parts;
  /** Where the chunks of each series end that has some. */
  let ends: Promise<Map<string, Position>> | undefined;
  const counts = new Map<string, number>();
  const building = new Map<string, Promise<void>>();
  /** The first point, in the order of the series, that came while its chunks were being made. */
  const firstMeanwhile = new Map<string, Position>();
  let queue: Promise<void> = Promise.resolve();

  const known = (): Promise<Map<string, Position>> =>
    (ends ??= listChunked(db).then(
      (found) => new Map(found.map(({ run, key, step, atMs }) => [nameOf({ run, key }), { step, atMs }])),
    ));

  const build = async (where: SeriesKey): Promise<void> => {
    const name = nameOf(where);
    firstMeanwhile.delete(name);
    // What is being written at this moment is committed before the first read; what comes later is noted.
    await write(async () => {});
    let end = await readChunksEnd(db, where);
    const made: MetricChunkRow[] = [];
    for (let isMore = true; isMore;) {
      const next = await readNextChunks(db, where, end);
      made.push(...next.rows);
      ({ end, isMore } = next);
      await nextTurn();
    }
    await write(async () => {
      const first = firstMeanwhile.get(name);
      const rows = made.filter(
        (row) => first === undefined || isBefore({ step: row.to_step, atMs: row.end_ms }, first),
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      (await known()).set(name, { step: last.to_step, atMs: last.end_ms });
      await insertChunks(db, rows);
    });
  };

  const ensure = (where: SeriesKey): Promise<void> => {
    const name = nameOf(where);
    const running = building.get(name);
    if (running !== undefined) return running;
    // One after another: each leaves the server free between two reads, several would not.
    const made = queue.then(() => build(where)).finally(() => building.delete(name));
    queue = made.catch(ignore);
    building.set(name, made);
    return made;
  };

  return {
    hasChunks: async () => (await known()).size > 0,
    async added(run, points) {
      if (points.length === 0) return;
      const all = await known();
      const ids = await keys.idsOf([...new Set(points.map((point) => point.key))]);
      for (const [key, own] of Map.groupBy(points, (point) => ids.get(point.key) ?? -1)) {
        const where = { run, key };
        const name = nameOf(where);
        const first = own.reduce<Position>((least, point) => (isBefore(point, least) ? point : least), last);
        const noted = firstMeanwhile.get(name);
        if (building.has(name) && (noted === undefined || isBefore(first, noted)))
          firstMeanwhile.set(name, { step: first.step, atMs: first.atMs });
        const end = all.get(name);
        if (end !== undefined && !isBefore(end, first)) await deleteChunksFrom(db, where, first);
        const count = (counts.get(name) ?? 0) + own.length;
        if (counts.size > mostCounted) counts.clear();
        counts.set(name, count >= longFrom ? 0 : count);
        if (count >= longFrom) db.afterCommit(() => void ensure(where).catch(ignore));
      }
    },
    async read(where, range, buckets) {
      let end = await readChunksEnd(db, where);
      if (await hasMoreThan(db, where, end, longFrom)) {
        await ensure(where).catch(ignore);
        end = await readChunksEnd(db, where);
      }
      const chunks = end === undefined ? [] : await readChunks(db, where, range);
      const inChunks = chunks.reduce((all, chunk) => all + chunk.count, 0);
      if (end === undefined || inChunks < buckets * pointsPerChunk)
        return await short(where, range, chunks, end, buckets);

      const isInside = (chunk: SeriesBucket): boolean =>
        startOf(chunk, range) >= (range.from ?? -Infinity) && endOf(chunk, range) <= (range.to ?? Infinity);
      const whole = chunks.filter(isInside);
      const edges: SeriesBucket[] = [];
      for (const chunk of chunks)
        if (!isInside(chunk)) edges.push(...(await readPoints(db, where, range, { within: chunk })));
      const tail = await readPoints(db, where, range, { after: end });
      return gather([...edges, ...whole, ...tail], range, buckets);
    },
  };

  /** Few enough points to be reduced themselves, once it is known between which steps they lie. */
  async function short(
    where: SeriesKey,
    range: SeriesRange,
    chunks: readonly SeriesBucket[],
    end: Position | undefined,
    buckets: number,
  ): Promise<SeriesStretch | undefined> {
    const bounds =
      end === undefined
        ? undefined
        : { fromStep: chunks.reduce((least, { fromStep }) => Math.min(least, fromStep), end.step) };
    const extent = await readExtent(db, where, range, bounds);
    if (extent === undefined) return undefined;
    const isOneStep = extent.fromStep === extent.toStep && extent.points > 1;
    return {
      points: extent.points,
      isOneStep,
      buckets: await readBuckets(db, where, isOneStep ? { ...range, axis: "time" } : range, extent, buckets),
    };
  }
}

/** Puts parts of a series into stretches of equal width; each keeps the extremes of all its parts. */
export function gather(
  parts: readonly SeriesBucket[],
  range: SeriesRange,
  buckets: number,
): SeriesStretch | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  let [fromStep, toStep] = [first.fromStep, first.toStep];
  for (const part of parts) {
    fromStep = Math.min(fromStep, part.fromStep);
    toStep = Math.max(toStep, part.toStep);
  }
  const isOneStep = fromStep === toStep;
  const along: SeriesRange = isOneStep ? { ...range, axis: "time" } : range;
  const sorted = parts.toSorted((a, b) => startOf(a, along) - startOf(b, along));
  const from = startOf(sorted[0] ?? first, along);
  const to = sorted.reduce((greatest, part) => Math.max(greatest, endOf(part, along)), from);
  const width = Math.max(1, Math.ceil((to - from + 1) / buckets));
  const made = new Map<number, SeriesBucket>();
  let points = 0;
  for (const part of sorted) {
    points += part.count;
    const at = Math.floor((startOf(part, along) - from) / width);
    const before = made.get(at);
    made.set(at, before === undefined ? part : joined(before, part));
  }
  return { points, isOneStep, buckets: [...made.values()] };
}

function joined(before: SeriesBucket, part: SeriesBucket): SeriesBucket {
  return {
    fromStep: Math.min(before.fromStep, part.fromStep),
    toStep: Math.max(before.toStep, part.toStep),
    fromMs: Math.min(before.fromMs, part.fromMs),
    toMs: Math.max(before.toMs, part.toMs),
    count: before.count + part.count,
    min: before.min === null ? part.min : part.min === null ? before.min : Math.min(before.min, part.min),
    max: before.max === null ? part.max : part.max === null ? before.max : Math.max(before.max, part.max),
    last: part.last ?? before.last,
  };
}

function startOf(part: SeriesBucket, { axis }: SeriesRange): number {
  return axis === "time" ? part.fromMs : part.fromStep;
}

function endOf(part: SeriesBucket, { axis }: SeriesRange): number {
  return axis === "time" ? part.toMs : part.toStep;
}

function isBefore(a: Position, b: Position): boolean {
  return a.step < b.step || (a.step === b.step && a.atMs < b.atMs);
}

function nameOf({ run, key }: SeriesKey): string {
  return `${run} ${key}`;
}

/** Chunks are a help: without them a series is only slower to read, and they are tried again. */
function ignore(): void {}
