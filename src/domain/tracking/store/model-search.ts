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

import type { LoggedModel, Page } from "../entities.ts";
import type { Condition, Field } from "../filter.ts";
import type { Keys } from "./keys.ts";
import { completeModels } from "./logged-models.ts";
import type { StoredModel } from "./logged-models.ts";

/** On which data a metric was measured; a missing digest means any. */
export interface MeasuredOn {
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

export interface ModelOrdering extends MeasuredOn {
  readonly field: Field;
  readonly descending: boolean;
}

export interface ModelQuery {
  readonly experiments: readonly number[];
  readonly conditions: readonly Condition[];
  readonly measuredOn: readonly MeasuredOn[];
  readonly orderings: readonly ModelOrdering[];
  readonly limit: number;
  readonly pageToken: string | undefined;
}

/** Finds logged models that are not deleted, newest first unless ordered. */
export async function searchModels(db: Database, keys: Keys, query: ModelQuery): Promise<Page<LoggedModel>> {
  if (query.experiments.length === 0) return { items: [], nextPageToken: undefined };
  const conditions: Fragment[] = [];
  for (const condition of query.conditions)
    conditions.push(await toFragment(db, keys, condition, query.measuredOn));
  const columns: SortColumn[] = [];
  for (const ordering of query.orderings) columns.push(...(await toColumns(db, keys, ordering)));
  columns.push(
    { expression: sql`logged_models.created_at_ms`, descending: true },
    { expression: byBytes(db, sql`logged_models.model_id`), descending: false },
  );
  const signature = [query.experiments, query.conditions, query.measuredOn, query.orderings];
  const key =
    query.pageToken === undefined ? undefined : unpackToken(signature, query.pageToken, columns.length);
  const where = and([
    amongNumbers(db, sql`logged_models.experiment`, query.experiments),
    sql`logged_models.state = 'active'`,
    ...conditions,
    ...(query.measuredOn.length === 0
      ? []
      : [
          sql`exists (select 1 from logged_model_metrics as measured
            where measured.model = logged_models.id and ${onData(query.measuredOn)})`,
        ]),
    ...(key === undefined ? [] : [isBeyond(columns, key)]),
  ]);
  const sortCells = columns.map((column, index) => sql`${column.expression} as ${sql.ref(`sort_${index}`)}`);
  const { rows } = await sql<StoredModel & Record<string, string | number | null>>`
    select logged_models.*, experiments.project, ${sql.join(sortCells)}
    from logged_models join experiments on experiments.id = logged_models.experiment
    where ${where} order by ${orderBy(columns)} limit ${query.limit + 1}
  `.execute(db.query);
  const page = rows.length > query.limit ? rows.slice(0, query.limit) : rows;
  const last = page.at(-1);
  return {
    items: await completeModels(db, keys, page),
    nextPageToken:
      rows.length > query.limit && last !== undefined
        ? packToken(
            signature,
            columns.map((_, index) => last[`sort_${index}`] ?? 0),
          )
        : undefined,
  };
}

async function toFragment(
  db: Database,
  keys: Keys,
  condition: Condition,
  measuredOn: readonly MeasuredOn[],
): Promise<Fragment> {
  const { field, comparator } = condition;
  if (field.of === "attribute") return compare(db, attributeColumn(field.key), condition);
  if (field.of === "metric") {
    const key = (await keys.find(field.key)) ?? -1;
    return sql`exists (select 1 from logged_model_metrics as measured
      where measured.model = logged_models.id and measured.key = ${key} and is_nan = 0
        and ${compare(db, sql`measured.value`, condition)} and ${onData(measuredOn)})`;
  }
  const table = sql.table(field.of === "param" ? "logged_model_params" : "logged_model_tags");
  const present = sql`select 1 from ${table} as kept where kept.model = logged_models.id and kept.key = ${field.key}`;
  if (comparator === "is null") return sql`not exists (${present})`;
  if (comparator === "is not null") return sql`exists (${present})`;
  return sql`exists (${present} and ${compare(db, sql`kept.value`, condition)})`;
}

function onData(measuredOn: readonly MeasuredOn[]): Fragment {
  if (measuredOn.length === 0) return sql`1 = 1`;
  const any = measuredOn.map((data) => {
    const { datasetName, datasetDigest } = data;
    return and([
      ...(datasetName === undefined ? [] : [sql`measured.dataset_name = ${datasetName}`]),
      ...(datasetDigest === undefined ? [] : [sql`measured.dataset_digest = ${datasetDigest}`]),
    ]);
  });
  return sql`((${sql.join(any, sql`) or (`)}))`;
}

const attributeColumns: Readonly<Record<string, string>> = {
  name: "name",
  model_id: "model_id",
  model_type: "model_type",
  source_run_id: "source_run_id",
  creation_timestamp: "created_at_ms",
  creation_time: "created_at_ms",
  last_updated_timestamp: "updated_at_ms",
  last_updated_time: "updated_at_ms",
  experiment_id: "experiment",
};

function attributeColumn(key: string): Fragment {
  if (key === "status") return sql`upper(logged_models.status)`;
  const column = attributeColumns[key];
  if (column === undefined) throw new Error(`the attribute ${key} has no column`);
  return sql.ref(`logged_models.${column}`);
}

/** Models without the value come last in both directions. */
async function toColumns(db: Database, keys: Keys, ordering: ModelOrdering): Promise<SortColumn[]> {
  const { field, descending } = ordering;
  if (field.of === "attribute") {
    const column = attributeColumn(field.key);
    const isNumber = /timestamp|time|experiment_id/.test(field.key);
    return [{ expression: isNumber ? column : byBytes(db, sql`coalesce(${column}, '')`), descending }];
  }
  const key = (await keys.find(field.key)) ?? -1;
  const on = onData([ordering]);
  const latest = sql`(select measured.value from logged_model_metrics as measured
    where measured.model = logged_models.id and measured.key = ${key} and is_nan = 0 and ${on}
    order by step desc, at_ms desc, value desc limit 1)`;
  return [
    { expression: sql`case when ${latest} is null then 1 else 0 end`, descending: false },
    { expression: sql`coalesce(${latest}, 0)`, descending },
  ];
}
