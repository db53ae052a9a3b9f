import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { and } from "#kernel/search";
import type { Fragment } from "#kernel/search";

import type { Field } from "../filter.ts";
import type { Keys } from "./keys.ts";
import { attributeColumn, matching } from "./run-conditions.ts";
import type { RunScope } from "./run-conditions.ts";

/** The runs that share one value of a parameter, a tag or an attribute; `value` is null for those without it. */
export interface RunGroup {
  readonly value: string | null;
  readonly runs: number;
  readonly newestMs: number;
}

export async function countRuns(db: Database, keys: Keys, query: RunScope): Promise<number> {
  if (query.experiments.length === 0) return 0;
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from runs where ${await matching(db, keys, query)}
  `.execute(db.query);
  return rows[0]?.count ?? 0;
}

/** The groups of a search, the largest first; at most `limit`. */
export async function groupRuns(
  db: Database,
  keys: Keys,
  query: RunScope & { readonly by: Field; readonly limit: number },
): Promise<RunGroup[]> {
  if (query.experiments.length === 0) return [];
  const { join, value } = await groupValue(keys, query.by);
  const { rows } = await sql<{ value: string | null; runs: number; newest_ms: number }>`
    select ${value} as value, count(*) as runs, max(runs.started_at_ms) as newest_ms
    from runs ${join} where ${and([await matching(db, keys, query)])}
    group by 1 order by 2 desc, 1 limit ${query.limit}
  `.execute(db.query);
  return rows.map((row) => ({ value: row.value, runs: row.runs, newestMs: row.newest_ms }));
}

async function groupValue(keys: Keys, by: Field): Promise<{ join: Fragment; value: Fragment }> {
  if (by.of === "attribute") return { join: sql``, value: attributeColumn(by.key) };
  const key = (await keys.find(by.key)) ?? -1;
  const table = sql.table(by.of === "tag" ? "run_tags" : "run_params");
  return {
    join: sql`left join ${table} as grouping_part on grouping_part.run = runs.id and grouping_part.key = ${key}`,
    value: sql`grouping_part.value`,
  };
}
