import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { compare } from "#kernel/search";
import type { Fragment } from "#kernel/search";

import type { Clause } from "../clauses.ts";
import type { Condition } from "../filter.ts";
import type { Keys } from "./keys.ts";
import { matching, within } from "./run-conditions.ts";
import type { RunScope } from "./run-conditions.ts";
import type { RunCounts } from "./run-counts.ts";
import type { RunQuery } from "./run-search.ts";

/*
 * How a search goes about 100,000 runs. Neither engine knows how many runs a condition leaves, because
 * that depends on the key; so it is counted here, as far as it matters. Three ways:
 *
 *   few runs are left by conditions with an index    those are read, tested and sorted
 *   sorted by a metric, and enough runs match        the metric's index is read in order until the page is full
 *   otherwise                                        all runs of the experiments are tested, and sorted
 */

// Reading and sorting so many costs about what testing 100,000 does.
const few = 10_000;
// A run read in the order of a metric lies anywhere: it pays when one in fifty matches.
const sampleSize = 1_000;
const enoughOfSample = 20;

/** What choosing the way needs. */
export interface PlanParts {
  readonly db: Database;
  readonly keys: Keys;
  readonly counts: RunCounts;
}

/** Conditions that leave few runs. */
export interface Narrow {
  readonly conditions: readonly Clause[];
  /** Selects the numbers of the runs that meet all of them, as `run`. */
  readonly runs: Fragment;
}

/** All the conditions that an index answers with few runs; the one that leaves the fewest is read, the others are asked. */
export async function narrowest(
  { db, keys, counts }: PlanParts,
  query: RunScope,
): Promise<Narrow | undefined> {
  const indexed: { readonly condition: Clause; readonly runs: Fragment }[] = [];
  for (const condition of query.conditions) {
    const runs = await runsMeeting(db, keys, condition);
    if (runs !== undefined) indexed.push({ condition, runs });
  }
  const counted = await db.together(
    indexed.map(
      ({ condition, runs }) =>
        () =>
          counts.of(JSON.stringify(condition), () => countFew(db, runs)),
    ),
  );
  const found = indexed
    .map((one, at) => ({ ...one, count: counted[at] ?? 0 }))
    .filter(({ count }) => count <= few);
  const [least, ...others] = found.toSorted((a, b) => a.count - b.count);
  if (least === undefined) return undefined;
  return {
    conditions: found.map(({ condition }) => condition),
    runs: meetingAll(
      db,
      least.runs,
      others.map(({ runs }) => runs),
    ),
  };
}

/** SQLite puts two lists together in two thirds of the time in which it looks one up in the other. */
function meetingAll(db: Database, least: Fragment, others: readonly Fragment[]): Fragment {
  return db.engine === "sqlite"
    ? sql.join([least, ...others], sql` intersect `)
    : sql.join([least, ...others.map((runs) => sql`run in (${runs})`)], sql` and `);
}

/** How many there are; no further than what is few. */
async function countFew(db: Database, runs: Fragment): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (${runs} limit ${few + 1}) as counted
  `.execute(db.query);
  return rows[0]?.count ?? 0;
}

/** Undefined where no index answers the condition. */
async function runsMeeting(db: Database, keys: Keys, condition: Clause): Promise<Fragment | undefined> {
  if (!isIndexed(condition)) return undefined;
  const { field, value } = condition;
  const key = (await keys.find(field.key)) ?? -1;
  if (field.of === "metric") {
    const test = compare(db, sql`value`, condition);
    return sql`select run from latest_metrics where key = ${key} and is_nan = 0 and ${test}`;
  }
  const table = sql.table(field.of === "param" ? "run_params" : "run_tags");
  // Of long texts the beginning is in the index: PostgreSQL has no room for more. Of all others it says everything,
  // and the row itself need not be read.
  const beginning = sql`substr(value, 1, ${sql.lit(indexedLength)}) = ${String(value).slice(0, indexedLength)}`;
  const rest = String(value).length < indexedLength ? sql`` : sql`and value = ${value}`;
  return sql`select run from ${table} where key = ${key} and ${beginning} ${rest}`;
}

/** As the indexes `run_params_value` and `run_tags_value` have it. */
const indexedLength = 100;

function isIndexed(clause: Clause): clause is Condition {
  if (!("field" in clause)) return false;
  const { field, comparator, value } = clause;
  if (field.of === "metric") return ["=", "<", "<=", ">", ">="].includes(comparator);
  // Above the basic plane the engines and JavaScript count characters differently.
  if (typeof value !== "string" || /[\ud800-\udfff]/.test(value)) return false;
  return (field.of === "param" || field.of === "tag") && comparator === "=";
}

/**
 * The number of the metric that sorts the runs, when reading them in its order will fill a page soon. Asked only
 * where no condition is narrow: metrics go together, and runs with a good one may all lie at the far end of another.
 */
export async function metricInOrder(
  { db, keys, counts }: PlanParts,
  query: RunQuery,
): Promise<number | undefined> {
  const [first] = query.orderings;
  if (first?.field.of !== "metric" || (query.skip ?? 0) > 0) return undefined;
  const key = await keys.find(first.field.key);
  if (key === undefined || query.conditions.length === 0) return key;
  const { experiments, states, conditions } = query;
  const count = await counts.of(JSON.stringify([experiments, states, conditions]), async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from (
        select * from runs where ${within(db, query)} order by started_at_ms desc limit ${sampleSize}
      ) as runs where ${await matching(db, keys, query)}
    `.execute(db.query);
    return rows[0]?.count ?? 0;
  });
  return count >= enoughOfSample ? key : undefined;
}
