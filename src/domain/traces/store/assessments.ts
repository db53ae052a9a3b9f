import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers } from "#kernel/search";

import { metadataKeys } from "../entities.ts";
import type { Assessment, AssessmentError, AssessmentKind } from "../entities.ts";
import type { AssessmentRow } from "../schema.ts";

/** Keeps an assessment; one of the same id is replaced. */
export async function saveAssessment(db: Database, trace: number, assessment: Assessment): Promise<void> {
  const { id, ...values } = toRow(trace, assessment);
  await db.query
    .insertInto("trace_assessments")
    .values({ id, ...values })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
    .execute();
}

/** The assessments of these traces, the oldest first. */
export async function readAssessments(
  db: Database,
  traces: readonly number[],
): Promise<ReadonlyMap<number, readonly Assessment[]>> {
  const { rows } = await sql<AssessmentRow & { trace_id: string }>`
    select trace_assessments.*, traces.trace_id
    from trace_assessments join traces on traces.id = trace_assessments.trace
    where ${amongNumbers(db, sql`trace_assessments.trace`, traces)} order by trace, created_at_ms, trace_assessments.id
  `.execute(db.query);
  const grouped = Map.groupBy(rows, (row) => row.trace);
  return new Map([...grouped].map(([trace, of]) => [trace, of.map(toAssessment)]));
}

/** Which trace has an assessment of this id, whatever the trace. */
export async function traceOfAssessment(db: Database, id: string): Promise<number | undefined> {
  const row = await db.query
    .selectFrom("trace_assessments")
    .select("trace")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.trace;
}

/** Whether the trace has one of this id. */
export async function setValid(db: Database, trace: number, id: string, isValid: boolean): Promise<boolean> {
  const changed = await db.query
    .updateTable("trace_assessments")
    .set({ is_valid: Number(isValid) })
    .where("trace", "=", trace)
    .where("id", "=", id)
    .returning("id")
    .execute();
  return changed.length > 0;
}

export async function deleteAssessment(db: Database, id: string): Promise<void> {
  await db.query.deleteFrom("trace_assessments").where("id", "=", id).execute();
}

function toRow(trace: number, assessment: Assessment): AssessmentRow {
  return {
    id: assessment.id,
    trace,
    span_id: assessment.spanId,
    kind: assessment.kind,
    name: assessment.name,
    value: JSON.stringify(assessment.value ?? null),
    error: assessment.error === null ? null : JSON.stringify(assessment.error),
    rationale: assessment.rationale,
    source_type: assessment.sourceType,
    source_id: assessment.sourceId,
    metadata: JSON.stringify(assessment.metadata),
    session: assessment.metadata[metadataKeys.session] ?? null,
    run_id: assessment.runId,
    overrides: assessment.overrides,
    is_valid: Number(assessment.isValid),
    created_at_ms: assessment.createdAtMs,
    updated_at_ms: assessment.updatedAtMs,
  };
}

function toAssessment(row: AssessmentRow & { readonly trace_id: string }): Assessment {
  const value: unknown = JSON.parse(row.value);
  const error: AssessmentError | null = row.error === null ? null : JSON.parse(row.error);
  const metadata: Record<string, string> = JSON.parse(row.metadata);
  return {
    id: row.id,
    traceId: row.trace_id,
    spanId: row.span_id,
    kind: toKind(row.kind),
    name: row.name,
    value,
    error,
    rationale: row.rationale,
    sourceType: row.source_type,
    sourceId: row.source_id,
    metadata,
    runId: row.run_id,
    overrides: row.overrides,
    isValid: row.is_valid === 1,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

function toKind(kind: string): AssessmentKind {
  return kind === "issue" || kind === "expectation" ? kind : "feedback";
}
