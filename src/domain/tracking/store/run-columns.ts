import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers } from "#kernel/search";

export type ColumnKind = "param" | "metric" | "tag";

/** In how many runs of a stretch a key occurs. */
export interface KeyCount {
  readonly kind: ColumnKind;
  readonly key: number;
  readonly runs: number;
}

/** Counts the keys of active runs whose number lies in (`after`, `until`]; reads each table in key order. */
export async function countKeys(
  db: Database,
  experiments: readonly number[],
  stretch: { readonly after: number; readonly until: number },
): Promise<KeyCount[]> {
  const ids = sql`select id from runs where ${amongNumbers(db, sql`experiment`, experiments)} and state = 'active'
    and id > ${stretch.after} and id <= ${stretch.until}`;
  const within = sql`run > ${stretch.after} and run <= ${stretch.until} and run in (${ids})`;
  const { rows } = await sql<{ kind: ColumnKind; key: number; runs: number }>`
    select 'param' as kind, key, count(*) as runs from run_params where ${within} group by key
    union all select 'metric', key, count(*) from latest_metrics where ${within} group by key
    union all select 'tag', key, count(*) from run_tags where ${within} group by key
  `.execute(db.query);
  return rows;
}

/** How many active runs there are, and between which numbers. */
export async function readRunSpan(
  db: Database,
  experiments: readonly number[],
): Promise<{ runs: number; first: number; last: number }> {
  const { rows } = await sql<{ runs: number; first: number | null; last: number | null }>`
    select count(*) as runs, min(id) as first, max(id) as last
    from runs where ${amongNumbers(db, sql`experiment`, experiments)} and state = 'active'
  `.execute(db.query);
  return { runs: rows[0]?.runs ?? 0, first: rows[0]?.first ?? 0, last: rows[0]?.last ?? 0 };
}
