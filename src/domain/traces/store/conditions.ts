import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { and, compare } from "#kernel/search";
import type { Fragment } from "#kernel/search";

import { metadataKeys } from "../entities.ts";
import type { AttributeKey, TraceCondition } from "../grammar.ts";

/** A filter as conditions on `traces`. Those on spans hold for one and the same span. */
export function toFragments(db: Database, conditions: readonly TraceCondition[]): Fragment[] {
  const onSpans = conditions.flatMap((condition) => spanFragment(db, condition) ?? []);
  const others = conditions.flatMap((condition) => traceFragment(db, condition) ?? []);
  if (onSpans.length === 0) return others;
  return [...others, sql`exists (select 1 from spans where spans.trace = traces.id and ${and(onSpans)})`];
}

export const attributeColumns: Readonly<Record<AttributeKey, Fragment>> = {
  request_id: sql`traces.trace_id`,
  timestamp_ms: sql`traces.started_at_ms`,
  execution_time_ms: sql`traces.duration_ms`,
  end_time_ms: sql`(traces.started_at_ms + coalesce(traces.duration_ms, 0))`,
  status: sql`traces.state`,
  client_request_id: sql`traces.client_request_id`,
  experiment_id: sql`traces.experiment`,
};

function traceFragment(db: Database, condition: TraceCondition): Fragment | undefined {
  const { field } = condition;
  switch (field.of) {
    case "attribute":
      return compare(db, attributeColumns[field.key], condition);
    case "tag":
    case "metadata":
      if (field.of === "metadata" && field.key === metadataKeys.run && condition.comparator === "=")
        return ofRun(String(condition.value));
      return pairFragment(db, field.of === "tag" ? "trace_tags" : "trace_metadata", field.key, condition);
    case "prompt":
      return sql`exists (select 1 from trace_prompts as linked
        where linked.trace = traces.id and linked.prompt = ${condition.value})`;
    case "issue":
      return sql`exists (select 1 from trace_assessments as given
        where given.trace = traces.id and given.kind = 'issue' and given.name = ${condition.value})`;
    case "feedback":
    case "expectation":
      return assessmentFragment(db, field.of, field.key, condition);
    case "span":
    case "span attribute":
      return undefined;
  }
}

/** Recorded by the run, or linked to it later. */
function ofRun(runId: string): Fragment {
  return sql`(exists (select 1 from trace_runs as linked where linked.trace = traces.id and linked.run_id = ${runId})
    or exists (select 1 from trace_metadata as kept
      where kept.trace = traces.id and kept.key = ${metadataKeys.run} and kept.value = ${runId}))`;
}

function pairFragment(db: Database, table: string, key: string, condition: TraceCondition): Fragment {
  const present = sql`select 1 from ${sql.table(table)} as kept where kept.trace = traces.id and kept.key = ${key}`;
  if (condition.comparator === "is null") return sql`not exists (${present})`;
  if (condition.comparator === "is not null") return sql`exists (${present})`;
  return sql`exists (${present} and ${compare(db, sql`kept.value`, condition)})`;
}

/**
 * An assessment of the trace, or one given to the whole of its session: such a one names the session in
 * its metadata and stands for every trace of it.
 */
function assessmentFragment(
  db: Database,
  kind: "feedback" | "expectation",
  name: string,
  condition: TraceCondition,
): Fragment {
  const { comparator } = condition;
  const isNullTest = comparator === "is null" || comparator === "is not null";
  const value = isNullTest ? sql`1 = 1` : compareJson(db, condition);
  const meets = sql`given.kind = ${kind} and given.name = ${name} and given.is_valid = 1 and ${value}`;
  const sessions = sql`select theirs.value from trace_assessments as given
    join trace_metadata as theirs on theirs.trace = given.trace and theirs.key = ${metadataKeys.session}
    where given.session is not null and ${meets}`;
  const found = sql`(exists (select 1 from trace_assessments as given where given.trace = traces.id and ${meets})
    or exists (select 1 from trace_metadata as own
      where own.trace = traces.id and own.key = ${metadataKeys.session} and own.value in (${sessions})))`;
  return comparator === "is null" ? sql`not ${found}` : found;
}

/** Values are kept as JSON: `'yes'` means the text "yes", `'true'` and `'0.8'` mean what they say. */
function compareJson(db: Database, condition: TraceCondition): Fragment {
  const { comparator, value } = condition;
  const column = sql`given.value`;
  if (comparator === "=" || comparator === "!=") {
    const equal = sql`(${column} = ${value} or ${column} = ${JSON.stringify(value)})`;
    return comparator === "=" ? equal : sql`not ${equal}`;
  }
  if (typeof value === "number") return compare(db, numberIn(column), condition);
  const text = sql`case when substr(${column}, 1, 1) = '"' then substr(${column}, 2, length(${column}) - 2) else ${column} end`;
  return compare(db, comparator === "rlike" ? text : column, condition);
}

/** The number a JSON text is; null for all other JSON. */
export function numberIn(json: Fragment): Fragment {
  return sql`case when substr(${json}, 1, 1) in ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')
    then cast(${json} as double precision) end`;
}

function spanFragment(db: Database, condition: TraceCondition): Fragment | undefined {
  const { field } = condition;
  if (field.of === "span attribute") return compare(db, attributeText(db, field.key), condition);
  if (field.of !== "span") return undefined;
  if (field.key === "content")
    return compare(db, sql`(spans.name || ' ' || spans.attributes || ' ' || spans.rest)`, condition);
  return compare(db, sql.ref(`spans.${field.key}`), condition);
}

/** An attribute of `spans` as text; a text is itself, everything else its JSON. */
export function attributeText(db: Database, key: string): Fragment {
  if (db.engine === "postgres") return sql`(spans.attributes::json ->> ${key})`;
  const path = `$."${key}"`;
  // SQLite shows true and false as 1 and 0.
  return sql`case json_type(spans.attributes, ${path}) when 'true' then 'true' when 'false' then 'false'
    else cast(spans.attributes ->> ${path} as text) end`;
}
