import { setImmediate as nextTurn } from "node:timers/promises";

import type { Database } from "#kernel/db";

/**
 * Runs a write in a transaction, together with those that wait: see `createWrites`. One that `isWhole` by itself,
 * because it is a single statement or opens its own transaction, gets its turn without one on PostgreSQL, which
 * answers a statement when it is committed.
 */
export type Write = <Result>(
  work: () => Promise<Result>,
  how?: { readonly isWhole: boolean },
) => Promise<Result>;

interface Waiting {
  readonly isWhole: boolean;
  readonly work: () => Promise<unknown>;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
}

// Bounds how long one transaction holds the only connection of SQLite.
const mostTogether = 64;

/**
 * Group commit: writes that arrive while another is being made durable share the next transaction, so
 * many small writers cost one wait for the disk instead of one each. Each promise resolves after the
 * commit. When one of a group fails, the group is rolled back and each is done again on its own, so a
 * bad request never takes its neighbours with it; `work` therefore must be repeatable.
 *
 * One writer at a time also means that two batches can never wait for each other's rows.
 */
export function createWrites(db: Database): Write {
  const waiting: Waiting[] = [];
  let busy = false;

  const together = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const results = await db.transaction(async () => {
        const collected: unknown[] = [];
        for (const { work } of group) collected.push(await work());
        return collected;
      });
      for (const [index, { done }] of group.entries()) done(results[index]);
    } catch (error) {
      if (group.length === 1) group[0]?.failed(error);
      else for (const one of group) await together([one]);
    }
  };

  const alone = async ({ work, done, failed }: Waiting): Promise<void> => {
    try {
      done(await work());
    } catch (error) {
      failed(error);
    }
  };

  const next = async (): Promise<void> => {
    const [first] = waiting;
    if (first?.isWhole === true) {
      waiting.shift();
      return await alone(first);
    }
    const whole = waiting.findIndex(({ isWhole }) => isWhole);
    await together(waiting.splice(0, Math.min(mostTogether, whole === -1 ? waiting.length : whole)));
  };

  const drain = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      // Requests that lie ready on other connections are read first and come along.
      await nextTurn();
      await next();
    }
    busy = false;
  };

  return async (work, how) => {
    if (db.inTransaction()) return await work();
    return await new Promise((resolve, reject) => {
      // The result comes back from the very `work` given here, so its type is the one promised.
      const one: Waiting = {
        isWhole: how?.isWhole === true && db.engine === "postgres",
        work,
        done: (result) => resolve(result as Awaited<ReturnType<typeof work>>),
        failed: reject,
      };
      waiting.push(one);
      if (!busy) void drain();
    });
  };
}
