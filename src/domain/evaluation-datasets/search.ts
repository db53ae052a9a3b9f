import { sql } from "kysely";

import type { Database } from "#kernel/db";
import {
  and,
  byBytes,
  compare,
  isBeyond,
  amongNumbers,
  orderBy,
  packToken,
  unpackToken,
} from "#kernel/search";
import type { Fragment, SortColumn } from "#kernel/search";
import { parseFilter, parseOrdering } from "#tracking";
import type { Condition, Ordering, SearchGrammar } from "#tracking";

import type { EvaluationDataset, Page } from "./entities.ts";
import type { DatasetRow } from "./schema.ts";
import { completeDatasets } from "./store.ts";

export interface DatasetSearch {
  /** All of them when absent. */
  readonly experimentIds?: readonly string[] | undefined;
  /** MLflow's grammar: `name like '%qa%' and tags.team = 'care'`. */
  readonly filter: string;
  readonly orderBy: readonly string[];
  readonly limit: number;
  readonly pageToken: string | undefined;
}

const grammar: SearchGrammar = {
  kinds: ["attribute", "tag"],
  attributes: {
    name: "text",
    created_time: "number",
    last_update_time: "number",
    created_by: "text",
    last_updated_by: "text",
  },
  listAttributes: [],
};

const orderGrammar: SearchGrammar = {
  kinds: ["attribute"],
  attributes: { name: "text", created_time: "number", last_update_time: "number" },
};

const columnOf: Readonly<Record<string, string>> = {
  name: "name",
  created_time: "created_at_ms",
  last_update_time: "updated_at_ms",
  created_by: "created_by",
  last_updated_by: "updated_by",
};

/** Finds evaluation data sets, the newest first unless ordered. */
export async function searchDatasets(db: Database, search: DatasetSearch): Promise<Page<EvaluationDataset>> {
  const conditions = parseFilter(search.filter, grammar);
  const orderings = search.orderBy.map((text) => parseOrdering(text, orderGrammar));
  const signature = [search.experimentIds ?? null, conditions, orderings];
  const columns = toColumns(db, orderings);
  const key =
    search.pageToken === undefined ? undefined : unpackToken(signature, search.pageToken, columns.length);
  const where = and([
    inExperiments(db, search.experimentIds),
    ...conditions.map((condition) => toFragment(db, condition)),
    ...(key === undefined ? [] : [isBeyond(columns, key)]),
  ]);
  const { rows } = await sql<DatasetRow>`
    select * from evaluation_datasets where ${where} order by ${orderBy(columns)} limit ${search.limit + 1}
  `.execute(db.query);
  const page = rows.slice(0, search.limit);
  const last = page.at(-1);
  const isLast = rows.length <= search.limit || last === undefined;
  return {
    items: await completeDatasets(db, page),
    nextPageToken: isLast ? undefined : packToken(signature, keyOf(last, orderings)),
  };
}

function inExperiments(db: Database, ids: readonly string[] | undefined): Fragment {
  if (ids === undefined) return sql`1 = 1`;
  const numbers = ids.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
  return sql`exists (select 1 from evaluation_dataset_experiments as linked
    where linked.dataset = evaluation_datasets.id and ${amongNumbers(db, sql`linked.experiment`, numbers)})`;
}

function toFragment(db: Database, condition: Condition): Fragment {
  const { field, comparator } = condition;
  if (field.of !== "tag") return compare(db, column(field.key), condition);
  const present = sql`select 1 from evaluation_dataset_tags as kept
    where kept.dataset = evaluation_datasets.id and kept.key = ${field.key}`;
  if (comparator === "is null") return sql`not exists (${present})`;
  if (comparator === "is not null") return sql`exists (${present})`;
  return sql`exists (${present} and ${compare(db, sql`kept.value`, condition)})`;
}

function toColumns(db: Database, orderings: readonly Ordering[]): SortColumn[] {
  const columns = orderings.map(({ field, descending }) => ({
    expression: field.key === "name" ? byBytes(db, column("name")) : column(field.key),
    descending,
  }));
  if (columns.length === 0) columns.push({ expression: column("created_time"), descending: true });
  columns.push({ expression: byBytes(db, sql`evaluation_datasets.id`), descending: true });
  return columns;
}

function column(key: string): Fragment {
  const name = columnOf[key];
  if (name === undefined) throw new Error(`the attribute ${key} has no column`);
  return sql.ref(`evaluation_datasets.${name}`);
}

function keyOf(row: DatasetRow, orderings: readonly Ordering[]): (string | number)[] {
  const keys = orderings.length === 0 ? ["created_time"] : orderings.map(({ field }) => field.key);
  const values: Readonly<Record<string, string | number>> = {
    name: row.name,
    created_time: row.created_at_ms,
    last_update_time: row.updated_at_ms,
  };
  return [...keys.map((one) => values[one] ?? 0), row.id];
}
