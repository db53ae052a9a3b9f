import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { and, compare, amongNumbers, or } from "#kernel/search";
import type { Fragment } from "#kernel/search";

import type { Clause } from "../clauses.ts";
import type { LifecycleState } from "../entities.ts";
import type { Condition } from "../filter.ts";
import type { Keys } from "./keys.ts";

/** Which runs a search is about. */
export interface RunScope {
  readonly experiments: readonly number[];
  readonly states: readonly LifecycleState[];
  /** All of them must hold. */
  readonly conditions: readonly Clause[];
}

/** A scope as a condition on `runs`. Each clause is a semi-join on integer keys: a run is never multiplied. */
export async function matching(db: Database, keys: Keys, scope: RunScope): Promise<Fragment> {
  const conditions: Fragment[] = [];
  for (const condition of scope.conditions) conditions.push(await toFragment(db, keys, condition));
  return and([within(db, scope), ...conditions]);
}

/** The experiments and states of a scope, without its conditions. */
export function within(db: Database, query: Omit<RunScope, "conditions">): Fragment {
  const [only] = query.experiments;
  return and([
    query.experiments.length === 1
      ? sql`runs.experiment = ${only}`
      : amongNumbers(db, sql`runs.experiment`, query.experiments),
    query.states.length === 1 ? sql`runs.state = ${query.states[0]}` : sql`1 = 1`,
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
