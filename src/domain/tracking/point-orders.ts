import type { Database } from "#kernel/db";
import type { Problem } from "#kernel/errors";

import type { NewMetricPoint } from "./entities.ts";
import type { Lookups } from "./lookups.ts";
import type { LongSeries } from "./long-series.ts";
import { runNotActive } from "./run-state.ts";
import type { Keys } from "./store/keys.ts";
import { addPoints } from "./store/points.ts";
import type { Write } from "./store/writes.ts";

/** Adds points to a run. Throws `run_not_found` and `run_not_active`. */
export type LogPoints = (runId: string, points: readonly NewMetricPoint[]) => Promise<void>;

interface PointParts {
  readonly db: Database;
  readonly keys: Keys;
  readonly lookups: Pick<Lookups, "runNotFound">;
  readonly longSeries: Pick<LongSeries, "added" | "hasChunks">;
  readonly write: Write;
}

interface Call {
  readonly runId: string;
  readonly points: readonly NewMetricPoint[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

// Bounds one statement of the kind, and how long others wait for the connection.
const mostCalls = 64;

/**
 * Logging one point is what clients do most, and many do it at the same moment. The calls that wait for the
 * next transaction go in together, with the statements of one: on PostgreSQL, where every statement is a way to
 * the server and back, it is a single one that commits itself. A call whose run is missing or deleted fails alone.
 */
export function createLogPoints(parts: PointParts): LogPoints {
  const { db, keys, lookups, longSeries, write } = parts;
  const waiting: Call[] = [];
  let isPlanned = false;

  /** What is wrong with each call, in their order; those with nothing wrong are saved. */
  const save = async (
    calls: readonly Call[],
    isCareful: boolean,
  ): Promise<readonly (Problem | undefined)[]> => {
    const runs = await addPoints(db, keys, calls, { isCareful });
    const wrong: (Problem | undefined)[] = [];
    for (const { runId, points } of calls) {
      const run = runs.get(runId);
      if (run?.state === "active") await longSeries.added(run.id, points);
      if (run === undefined) wrong.push(lookups.runNotFound(runId));
      else wrong.push(run.state === "active" ? undefined : runNotActive(run, "active"));
    }
    return wrong;
  };

  /** Where a series has chunks, those that the points reach into go in the same transaction. */
  const saveInTurn = async (
    take: () => readonly Call[],
    isCareful = false,
  ): Promise<readonly (Problem | undefined)[]> =>
    await write(
      async () => {
        const calls = take();
        const isWhole = db.inTransaction() || !(await longSeries.hasChunks());
        return isWhole ? await save(calls, isCareful) : await db.transaction(() => save(calls, isCareful));
      },
      { isWhole: true },
    );

  const saveTogether = async (): Promise<void> => {
    // Taken when the transaction has begun: whoever has come until then comes along.
    let calls: readonly Call[] | undefined;
    try {
      const wrong = await saveInTurn(() => (calls ??= take()));
      for (const [index, problem] of wrong.entries()) {
        if (problem === undefined) calls?.[index]?.done();
        else calls?.[index]?.failed(problem);
      }
    } catch {
      calls ??= take();
      for (const call of calls) await saveAlone(call);
    }
  };

  /** After a failure, carefully, and so that whoever is to blame does not take others along. */
  const saveAlone = async (call: Call): Promise<void> => {
    try {
      const [problem] = await saveInTurn(() => [call], true);
      if (problem !== undefined) throw problem;
      call.done();
    } catch (error) {
      call.failed(error);
    }
  };

  const plan = (): void => {
    if (isPlanned || waiting.length === 0) return;
    isPlanned = true;
    void saveTogether();
  };

  const take = (): readonly Call[] => {
    const calls = waiting.splice(0, mostCalls);
    isPlanned = false;
    plan();
    return calls;
  };

  return async (runId, points) =>
    await new Promise((done, failed) => {
      waiting.push({ runId, points, done, failed });
      plan();
    });
}
