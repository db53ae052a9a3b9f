import { sql } from "kysely";

import type { Clock } from "#kernel/clock";
import { planIsKept } from "#kernel/db";
import type { Database } from "#kernel/db";
import { and, isBeyond, orderBy, packToken, unpackToken } from "#kernel/search";
import type { Fragment, SortColumn, SortKey } from "#kernel/search";

import type { Page, Run } from "../entities.ts";
import type { Ordering } from "../filter.ts";
import type { Keys } from "./keys.ts";
import { matching } from "./run-conditions.ts";
import type { RunScope } from "./run-conditions.ts";
import { createRunCounts } from "./run-counts.ts";
import { sortedBy } from "./run-orderings.ts";
import type { SortedBy } from "./run-orderings.ts";
import { metricInOrder, narrowest } from "./run-plans.ts";
import type { PlanParts } from "./run-plans.ts";
import { loadRuns } from "./run-parts.ts";
import type { RunParts } from "./run-parts.ts";

export interface RunQuery extends RunScope {
  readonly orderings: readonly Ordering[];
  readonly limit: number;
  readonly pageToken: string | undefined;
  /** Leaves out so many runs after the token: how a table jumps to a row whose page it never saw. */
  readonly skip?: number;
  /** Loads these parts of each run only; all of them when absent. */
  readonly parts?: RunParts;
}

/**
 * Finds runs. First the numbers of the page's runs and what they are sorted by, then the runs themselves,
 * so that sorting carries nothing else along.
 */
export type SearchRuns = (query: RunQuery) => Promise<Page<Run>>;

export function createRunSearch(parts: { db: Database; keys: Keys; clock: Clock }): SearchRuns {
  const searchParts = { db: parts.db, keys: parts.keys, counts: createRunCounts(parts.clock) };
  return async (query) => await searchRuns(searchParts, query);
}

async function searchRuns(parts: PlanParts, query: RunQuery): Promise<Page<Run>> {
  const { db, keys } = parts;
  if (query.experiments.length === 0) return { items: [], nextPageToken: undefined };
  const sorted = await sortedBy(db, keys, query.orderings);
  const signature = [query.experiments, query.states, query.conditions, query.orderings];
  const after =
    query.pageToken === undefined
      ? undefined
      : unpackToken(signature, query.pageToken, sorted.columns.length);
  const found = await findRuns(parts, query, sorted, after);

  const page = found.length > query.limit ? found.slice(0, query.limit) : found;
  const last = page.at(-1);
  const ids = page.map((row) => row.id);
  return {
    items: await loadRuns(db, keys, ids, query.parts),
    nextPageToken:
      found.length > query.limit && last !== undefined
        ? packToken(
            signature,
            sorted.columns.map((_, index) => last[`sort_${index}`] ?? 0),
          )
        : undefined,
  };
}

type FoundRow = { id: number } & Record<string, string | number | null>;

async function findRuns(
  parts: PlanParts,
  query: RunQuery,
  sorted: SortedBy,
  after: SortKey | undefined,
): Promise<FoundRow[]> {
  const { db, keys } = parts;
  const narrow = await narrowest(parts, query);
  const metric = narrow === undefined ? await metricInOrder(parts, query) : undefined;
  if (metric === undefined) {
    const conditions = query.conditions.filter(
      (condition) => narrow?.conditions.includes(condition) !== true,
    );
    const source = narrow === undefined ? sql`runs` : drivenBy(db, narrow.runs);
    const where = await matching(db, keys, { ...query, conditions });
    return await readFound(db, { ...sorted, source, where, after, limit: query.limit + 1, skip: query.skip });
  }
  return await findInMetricOrder(db, keys, { query, sorted, after, metric });
}

/**
 * SQLite reads a cross join in the order it is written. PostgreSQL plans it by how much there is of each; for so few
 * runs the plan for one value is good enough for the next, and to make it anew took longer than to carry it out.
 */
function drivenBy(db: Database, runs: Fragment): Fragment {
  const join = sql.raw(db.engine === "sqlite" ? "cross join" : `${planIsKept} join`);
  return sql`(${runs}) as narrowed ${join} runs on runs.id = narrowed.run`;
}

/** Reads the runs with a value off the index of the metric, then those with NaN, then those without. */
async function findInMetricOrder(
  db: Database,
  keys: Keys,
  parts: { query: RunQuery; sorted: SortedBy; after: SortKey | undefined; metric: number },
): Promise<FoundRow[]> {
  const { query, sorted, after, metric } = parts;
  const [, value, ...others] = sorted.columns;
  if (value === undefined) throw new Error("a metric sorts by two columns");
  const scope = await matching(db, keys, query);
  const [firstRank = 0, ...afterInRank] = after ?? [];
  const cross = sql.raw(db.engine === "sqlite" ? "cross join" : "join");
  const found: FoundRow[] = [];
  for (let rank = Number(firstRank); rank <= 2 && found.length <= query.limit; rank++) {
    const isValued = rank < 2;
    const source = isValued
      ? sql`latest_metrics as ordering_0 ${cross} runs on runs.id = ordering_0.run`
      : sql`runs ${sorted.joins[0] ?? sql``}`;
    const within = isValued
      ? sql`ordering_0.key = ${metric} and ordering_0.is_nan = ${rank}`
      : sql`ordering_0.run is null`;
    const byValue: SortColumn = isValued ? { ...value, expression: sql`ordering_0.value` } : value;
    const rows = await readFound(db, {
      source,
      joins: sorted.joins.slice(1),
      columns: [byValue, ...others],
      where: and([within, scope]),
      after: after !== undefined && rank === firstRank ? afterInRank : undefined,
      limit: query.limit + 1 - found.length,
      skip: undefined,
    });
    found.push(...rows.map((row) => shifted(row, rank)));
  }
  return found;
}

/** The rank of a row becomes its first sort cell again. */
function shifted(row: FoundRow, rank: number): FoundRow {
  const cells = Object.entries(row).map(([name, cell]): [string, string | number | null] => {
    const number = /^sort_(\d+)$/.exec(name)?.[1];
    return number === undefined ? [name, cell] : [`sort_${Number(number) + 1}`, cell];
  });
  return { ...Object.fromEntries(cells), id: row.id, sort_0: rank };
}

async function readFound(
  db: Database,
  parts: SortedBy & {
    readonly source: Fragment;
    readonly where: Fragment;
    readonly after: SortKey | undefined;
    readonly limit: number;
    readonly skip: number | undefined;
  },
): Promise<FoundRow[]> {
  const { source, joins, columns, where, after, limit, skip } = parts;
  const cells = columns.map((column, index) => sql`${column.expression} as ${sql.ref(`sort_${index}`)}`);
  const beyond = after === undefined ? sql`1 = 1` : isBeyond(columns, after);
  const { rows } = await sql<FoundRow>`
    select runs.id, ${sql.join(cells)} from ${source} ${sql.join(joins, sql` `)}
    where ${where} and ${beyond} order by ${orderBy(columns)} limit ${limit} offset ${skip ?? 0}
  `.execute(db.query);
  return rows;
}
