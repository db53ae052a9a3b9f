import { setImmediate as nextTurn } from "node:timers/promises";

import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";

import type { Keys } from "./store/keys.ts";
import { countKeys, readRunSpan } from "./store/run-columns.ts";
import type { ColumnKind } from "./store/run-columns.ts";

/** A parameter, metric or tag that runs have, and how many of them do. */
export interface RunColumn {
  readonly kind: ColumnKind;
  readonly key: string;
  readonly runs: number;
}

export interface RunColumns {
  /** How many runs were looked at. */
  readonly runs: number;
  /** False while only the newest runs have been counted: ask again in a moment. */
  readonly complete: boolean;
  /** The most common first. */
  readonly columns: readonly RunColumn[];
}

// Counting a stretch takes some 10 ms; between stretches the server answers others.
const stretchLength = 2_000;
const countedAtOnce = 4_000;
const freshForMs = 60_000;

/**
 * Finds out which columns the runs of experiments have. Few runs are counted at once; of many, first the
 * newest are and the rest meanwhile, a stretch at a time, and the result is remembered for a minute.
 */
export function createColumns(parts: { db: Database; keys: Keys; clock: Clock }) {
  const { db, keys, clock } = parts;
  const known = new Map<string, { readonly atMs: number; readonly found: RunColumns }>();
  const counting = new Set<string>();

  const count = async (
    experiments: readonly number[],
    stretch: { after: number; until: number },
  ): Promise<RunColumn[]> => {
    const totals = new Map<string, { kind: ColumnKind; key: number; runs: number }>();
    for (let after = stretch.after; after < stretch.until; after += stretchLength) {
      const until = Math.min(stretch.until, after + stretchLength);
      for (const found of await countKeys(db, experiments, { after, until })) {
        const id = `${found.kind} ${found.key}`;
        totals.set(id, { ...found, runs: found.runs + (totals.get(id)?.runs ?? 0) });
      }
      await nextTurn();
    }
    const names = await keys.namesOf([...totals.values()].map(({ key }) => key));
    return [...totals.values()]
      .map(({ kind, key, runs }) => ({ kind, key: names.get(key) ?? "", runs }))
      .toSorted((a, b) => b.runs - a.runs || (a.key < b.key ? -1 : 1));
  };

  return async (experiments: readonly number[]): Promise<RunColumns> => {
    if (experiments.length === 0) return { runs: 0, complete: true, columns: [] };
    const name = experiments.join();
    const remembered = known.get(name);
    const isFresh = remembered !== undefined && clock.nowMs() - remembered.atMs < freshForMs;
    if (isFresh) return remembered.found;

    const span = await readRunSpan(db, experiments);
    const all = async (): Promise<RunColumns> => {
      const columns = await count(experiments, { after: span.first - 1, until: span.last });
      return { runs: span.runs, complete: true, columns };
    };
    if (span.last - span.first < countedAtOnce) return await all();

    if (!counting.has(name)) {
      counting.add(name);
      void all()
        .then((found) => known.set(name, { atMs: clock.nowMs(), found }))
        // The database may be closed meanwhile; whoever asks again counts again.
        .catch(() => {})
        .finally(() => counting.delete(name));
    }
    if (remembered !== undefined) return remembered.found;
    const newest = { after: span.last - stretchLength, until: span.last };
    return {
      runs: stretchLength,
      complete: false,
      columns: await count(experiments, newest),
    };
  };
}
