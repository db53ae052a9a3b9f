import type pg from "pg";

/**
 * Keeps PostgreSQL's statistics near the truth while tables grow. Its own upkeep looks once a minute; until then a
 * table that has just been filled counts as empty, and a search over a thousand rows joins each with each (measured:
 * 58 ms instead of 1). So after writes this looks every few seconds, and has those tables analysed of which much is
 * new. A look costs less than a millisecond; PostgreSQL counts the changes itself.
 */
export interface Statistics {
  /** Call after a statement that changed something. */
  noteWrite(): void;
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

const firstLookMs = 1_000;
// PostgreSQL counts what a busy connection has changed once a second; so a look comes after the last write, too.
const nextLookMs = 3_000;

// The condition is that of PostgreSQL's own upkeep, but for the number of rows from which it is worth it.
const grown = `
  select oid::regclass::text as name from pg_class
  where relkind = 'r' and relnamespace = current_schema()::regnamespace and pg_has_role(relowner, 'usage')
    and pg_stat_get_mod_since_analyze(oid) > 200 + 0.1 * greatest(reltuples, 0)
  order by pg_stat_get_mod_since_analyze(oid) desc limit 20`;

export function createStatistics(pool: pg.Pool): Statistics {
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let isWritten = false;
  let isStopped = false;

  const look = async (): Promise<void> => {
    const { rows } = await pool.query<{ name: string }>(grown);
    for (const { name } of rows) if (!isStopped) await pool.query(`analyze ${name}`);
  };

  const lookIn = (delayMs: number): void => {
    timer = setTimeout(() => {
      const isLast = !isWritten;
      isWritten = false;
      // Statistics are a help: without them searches are slower, and the next write asks again.
      looking = look()
        .catch(() => {})
        .finally(() => {
          timer = undefined;
          if (!isLast && !isStopped) lookIn(nextLookMs);
        });
    }, delayMs).unref();
  };

  return {
    noteWrite() {
      isWritten = true;
      if (timer === undefined && !isStopped) lookIn(firstLookMs);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
