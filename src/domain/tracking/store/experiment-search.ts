import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { and, byBytes, compare, isBeyond, orderBy, packToken, unpackToken } from "#kernel/search";
import type { Fragment, SortColumn } from "#kernel/search";

import type { Experiment, LifecycleState, Page } from "../entities.ts";
import type { Condition, Ordering } from "../filter.ts";
import { withTags } from "./experiments.ts";
import type { StoredExperiment } from "./experiments.ts";

export interface ExperimentQuery {
  readonly states: readonly LifecycleState[];
  readonly conditions: readonly Condition[];
  readonly orderings: readonly Ordering[];
  readonly limit: number;
  readonly pageToken: string | undefined;
}

const columnOf: Readonly<Record<string, string>> = {
  name: "experiments.name",
  experiment_id: "experiments.id",
  creation_time: "experiments.created_at_ms",
  last_update_time: "experiments.updated_at_ms",
};

/** Finds experiments, the newest first unless ordered. */
export async function searchExperiments(db: Database, query: ExperimentQuery): Promise<Page<Experiment>> {
  const columns: SortColumn[] = query.orderings.map(({ field, descending }) => {
    const column = sql.ref(columnOf[field.key] ?? "");
    return { expression: field.key === "name" ? byBytes(db, column) : column, descending };
  });
  const isOrdered = columns.length > 0;
  if (!isOrdered) columns.push({ expression: sql`experiments.created_at_ms`, descending: true });
  columns.push({ expression: sql`experiments.id`, descending: isOrdered });
  const signature = [query.states, query.conditions, query.orderings];
  const key =
    query.pageToken === undefined ? undefined : unpackToken(signature, query.pageToken, columns.length);
  const where = and([
    query.states.length === 1 ? sql`experiments.state = ${query.states[0]}` : sql`1 = 1`,
    ...query.conditions.map((condition) => toFragment(db, condition)),
    ...(key === undefined ? [] : [isBeyond(columns, key)]),
  ]);
  const sortCells = columns.map((column, index) => sql`${column.expression} as ${sql.ref(`sort_${index}`)}`);
  const { rows } = await sql<StoredExperiment & Record<string, string | number | null>>`
    select experiments.*, ${sql.join(sortCells)} from experiments
    where ${where} order by ${orderBy(columns)} limit ${query.limit + 1}
  `.execute(db.query);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: await withTags(db, page),
    nextPageToken:
      rows.length > query.limit && last !== undefined
        ? packToken(
            signature,
            columns.map((_, index) => last[`sort_${index}`] ?? 0),
          )
        : undefined,
  };
}

function toFragment(db: Database, condition: Condition): Fragment {
  const { field, comparator } = condition;
  if (field.of === "attribute") return compare(db, sql.ref(columnOf[field.key] ?? ""), condition);
  const present = sql`select 1 from experiment_tags as kept where kept.experiment = experiments.id and kept.key = ${field.key}`;
  if (comparator === "is null") return sql`not exists (${present})`;
  if (comparator === "is not null") return sql`exists (${present})`;
  return sql`exists (${present} and ${compare(db, sql`kept.value`, condition)})`;
}
