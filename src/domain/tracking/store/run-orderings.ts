import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { byBytes } from "#kernel/search";
import type { Fragment, SortColumn } from "#kernel/search";

import type { Ordering } from "../filter.ts";
import type { Keys } from "./keys.ts";
import { attributeColumn } from "./run-conditions.ts";

/** What sorts runs: what has to be joined to `runs` for it, and the columns. The newest first after all. */
export interface SortedBy {
  readonly joins: readonly Fragment[];
  readonly columns: readonly SortColumn[];
}

/** The orderings of a search; each join is called `ordering_0`, `ordering_1`, … */
export async function sortedBy(db: Database, keys: Keys, orderings: readonly Ordering[]): Promise<SortedBy> {
  const joins: Fragment[] = [];
  const columns: SortColumn[] = [];
  for (const ordering of orderings) await addOrdering(db, keys, ordering, joins, columns);
  columns.push(
    { expression: sql`runs.started_at_ms`, descending: true },
    { expression: byBytes(db, sql`runs.run_id`), descending: false },
  );
  return { joins, columns };
}

/** Values first, then NaN, then runs without a value, in both directions. */
async function addOrdering(
  db: Database,
  keys: Keys,
  ordering: Ordering,
  joins: Fragment[],
  columns: SortColumn[],
): Promise<void> {
  const { field, descending } = ordering;
  const alias = `ordering_${joins.length}`;
  const value = sql.ref(`${alias}.value`);
  if (field.of === "attribute") {
    const column = attributeColumn(field.key);
    if (field.key === "end_time")
      addRanked(
        columns,
        sql`case when ${column} is null then 1 else 0 end`,
        sql`coalesce(${column}, 0)`,
        descending,
      );
    else columns.push({ expression: isNumber(field.key) ? column : byBytes(db, column), descending });
    return;
  }
  const key = (await keys.find(field.key)) ?? -1;
  const table = sql.table(
    { metric: "latest_metrics", param: "run_params", tag: "run_tags", dataset: "run_tags" }[field.of],
  );
  joins.push(
    sql`left join ${table} as ${sql.table(alias)} on ${sql.ref(`${alias}.run`)} = runs.id and ${sql.ref(`${alias}.key`)} = ${key}`,
  );
  if (field.of === "metric") {
    const isNan = sql.ref(`${alias}.is_nan`);
    addRanked(columns, sql`coalesce(${isNan}, 2)`, sql`coalesce(${value}, 0)`, descending);
  } else {
    addRanked(
      columns,
      sql`case when ${value} is null then 1 else 0 end`,
      byBytes(db, sql`coalesce(${value}, '')`),
      descending,
    );
  }
}

function addRanked(columns: SortColumn[], rank: Fragment, expression: Fragment, descending: boolean): void {
  columns.push({ expression: rank, descending: false }, { expression, descending });
}

function isNumber(key: string): boolean {
  return key === "start_time" || key === "end_time" || key === "experiment_id";
}
