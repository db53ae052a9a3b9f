import { sql } from "kysely";

import type { Database } from "#kernel/db";

import type { LifecycleState, Page, Run } from "../entities.ts";
import type { Clause } from "../clauses.ts";
import type { Condition, Ordering } from "../filter.ts";
import { numberList } from "./bulk.ts";
import { and, byBytes, compare, or } from "./comparisons.ts";
import type { Fragment } from "./comparisons.ts";
import type { Keys } from "./keys.ts";
import { isBeyond, orderBy, packToken, unpackToken } from "./keyset.ts";
import type { SortColumn } from "./keyset.ts";
import { completeRuns } from "./runs.ts";
import type { RunParts, StoredRun } from "./runs.ts";

export interface RunQuery {
  readonly experiments: readonly number[];
  readonly states: readonly LifecycleState[];
  readonly conditions: readonly Clause[];
  readonly orderings: readonly Ordering[];
  readonly limit: number;
  readonly pageToken: string | undefined;
  /** Leaves out so many runs after the token: how a table jumps to a row whose page it never saw. */
  readonly skip?: number;
  /** Loads these parts of each run only; all of them when absent. */
  readonly parts?: RunParts;
}

/**
 * Finds runs. Each condition is a semi-join on integer keys, so a run is tested where it stands and
 * never multiplied; only the rows of the page are completed.
 */
export async function searchRuns(db: Database, keys: Keys, query: RunQuery): Promise<Page<Run>> {
  if (query.experiments.length === 0) return { items: [], nextPageToken: undefined };
  const joins: Fragment[] = [];
  const columns: SortColumn[] = [];
  for (const ordering of query.orderings) await addOrdering(db, keys, ordering, joins, columns);
  columns.push(
    { expression: sql`runs.started_at_ms`, descending: true },
    { expression: byBytes(db, sql`runs.run_id`), descending: false },
  );

  const signature = [query.experiments, query.states, query.conditions, query.orderings];
  const key =
    query.pageToken === undefined ? undefined : unpackToken(signature, query.pageToken, columns.length);
  const where = and([
    await matching(db, keys, query),
    ...(key === undefined ? [] : [isBeyond(columns, key)]),
  ]);
  const sortCells = columns.map((column, index) => sql`${column.expression} as ${sql.ref(`sort_${index}`)}`);
  const { rows } = await sql<StoredRun & Record<string, string | number | null>>`
    select runs.*, experiments.project, ${sql.join(sortCells)}
    from runs join experiments on experiments.id = runs.experiment ${sql.join(joins, sql` `)}
    where ${where} order by ${orderBy(columns)} limit ${query.limit + 1} offset ${query.skip ?? 0}
  `.execute(db.query);

  const page = rows.length > query.limit ? rows.slice(0, query.limit) : rows;
  const last = page.at(-1);
  return {
    items: await completeRuns(db, keys, page, query.parts),
    nextPageToken:
      rows.length > query.limit && last !== undefined
        ? packToken(
            signature,
            columns.map((_, index) => last[`sort_${index}`] ?? 0),
          )
        : undefined,
  };
}

/** Which runs a search is about, as a condition on `runs`. */
export async function matching(
  db: Database,
  keys: Keys,
  query: Pick<RunQuery, "experiments" | "states" | "conditions">,
): Promise<Fragment> {
  const [only] = query.experiments;
  const conditions: Fragment[] = [];
  for (const condition of query.conditions) conditions.push(await toFragment(db, keys, condition));
  return and([
    query.experiments.length === 1
      ? sql`runs.experiment = ${only}`
      : sql`runs.experiment in ${numberList(db, query.experiments)}`,
    query.states.length === 1 ? sql`runs.state = ${query.states[0]}` : sql`1 = 1`,
    ...conditions,
  ]);
}

const nothing = sql`1 = 0`;

async function toFragment(db: Database, keys: Keys, condition: Clause): Promise<Fragment> {
  if ("any" in condition) {
    const parts: Fragment[] = [];
    for (const part of condition.any) parts.push(await toFragment(db, keys, part));
    return or(parts);
  }
  if ("all" in condition) {
    const parts: Fragment[] = [];
    for (const part of condition.all) parts.push(await toFragment(db, keys, part));
    return sql`(${and(parts)})`;
  }
  const { field, comparator } = condition;
  if (field.of === "attribute") return compare(db, attributeColumn(field.key), condition);
  if (field.of === "dataset") return datasetCondition(db, field.key, condition);
  const key = await keys.find(field.key);
  if (key === undefined) return comparator === "is null" ? sql`1 = 1` : nothing;
  if (field.of === "metric") {
    const test = compare(db, sql`latest_metrics.value`, condition);
    return sql`exists (select 1 from latest_metrics
      where latest_metrics.run = runs.id and latest_metrics.key = ${key} and is_nan = 0 and ${test})`;
  }
  const table = sql.table(field.of === "param" ? "run_params" : "run_tags");
  const present = sql`select 1 from ${table} as kept where kept.run = runs.id and kept.key = ${key}`;
  if (comparator === "is null") return sql`not exists (${present})`;
  if (comparator === "is not null") return sql`exists (${present})`;
  return sql`exists (${present} and ${compare(db, sql`kept.value`, condition)})`;
}

function datasetCondition(db: Database, key: string, condition: Condition): Fragment {
  const column = key === "context" ? sql`run_datasets.context` : sql`tracked_datasets.${sql.ref(key)}`;
  return sql`exists (select 1 from run_datasets join tracked_datasets on tracked_datasets.id = run_datasets.dataset
    where run_datasets.run = runs.id and ${compare(db, column, condition)})`;
}

const attributeColumns: Readonly<Record<string, string>> = {
  run_id: "runs.run_id",
  run_name: "runs.name",
  user_id: "runs.user_name",
  artifact_uri: "runs.artifact_root",
  start_time: "runs.started_at_ms",
  end_time: "runs.ended_at_ms",
  experiment_id: "runs.experiment",
};

export function attributeColumn(key: string): Fragment {
  if (key === "status") return sql`upper(runs.status)`;
  const column = attributeColumns[key];
  if (column === undefined) throw new Error(`the attribute ${key} has no column`);
  return sql.ref(column);
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
