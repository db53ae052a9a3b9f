import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { isRecord, parseExactJson, writeExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import { amongNumbers, amongTexts, insertRows } from "#kernel/search";

import { measuresOf } from "../conventions.ts";
import { attributeKeys } from "../entities.ts";
import type { Attributes, Span, SpanEvent, SpanStatus } from "../entities.ts";
import type { SpanRow } from "../schema.ts";

/** Keeps the spans of one trace; a span that is there already is replaced, with all that was counted in it. */
export async function saveSpans(db: Database, trace: number, spans: readonly Span[]): Promise<void> {
  const rows = [...new Map(spans.map((span) => [span.id, span])).values()];
  await insertRows(
    db,
    "spans (trace, span_id, parent_span_id, name, type, status, started_at_us, duration_ns, attributes, rest)",
    rows.map((span) => toRow(trace, span)),
    `(trace, span_id) do update set parent_span_id = excluded.parent_span_id, name = excluded.name,
      type = excluded.type, status = excluded.status, started_at_us = excluded.started_at_us,
      duration_ns = excluded.duration_ns, attributes = excluded.attributes, rest = excluded.rest`,
  );
  const ids = rows.map((span) => span.id);
  await sql`delete from span_measures where trace = ${trace} and ${amongTexts(db, sql`span_id`, ids)}`.execute(
    db.query,
  );
  await insertRows(
    db,
    "span_measures (trace, span_id, key, value)",
    rows.flatMap((span) => [...measuresOf(span)].map(([key, value]) => [trace, span.id, key, value])),
    "(trace, span_id, key) do nothing",
  );
}

/** What the kept spans of a trace count, summed. */
export async function sumMeasures(db: Database, trace: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ key: string; value: number }>`
    select key, sum(value) as value from span_measures where trace = ${trace} group by key order by key
  `.execute(db.query);
  return new Map(rows.map((row) => [row.key, row.value]));
}

/** How many spans each of these traces has; those without any are absent. */
export async function countSpans(
  db: Database,
  traceIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ trace_id: string; spans: number }>`
    select traces.trace_id, count(*) as spans from spans join traces on traces.id = spans.trace
    where ${amongTexts(db, sql`traces.trace_id`, traceIds)} group by traces.trace_id
  `.execute(db.query);
  return new Map(rows.map((row) => [row.trace_id, Number(row.spans)]));
}

export async function readSpanIds(db: Database, trace: number): Promise<ReadonlySet<string>> {
  const rows = await db.query.selectFrom("spans").select("span_id").where("trace", "=", trace).execute();
  return new Set(rows.map((row) => row.span_id));
}

/** The spans of these traces: roots first, then by start. */
export async function readSpans(
  db: Database,
  traces: readonly number[],
): Promise<ReadonlyMap<number, readonly Span[]>> {
  const { rows } = await sql<SpanRow>`
    select * from spans where ${amongNumbers(db, sql`trace`, traces)}
    order by trace, case when parent_span_id is null then 0 else 1 end, started_at_us, span_id
  `.execute(db.query);
  const grouped = Map.groupBy(rows, (row) => row.trace);
  return new Map([...grouped].map(([trace, of]) => [trace, of.map(toSpan)]));
}

type Cell = string | number | null;

function toRow(trace: number, span: Span): Cell[] {
  const type = span.attributes[attributeKeys.type];
  const rest = {
    otelTraceId: span.otelTraceId,
    startedAtNs: span.startedAtNs,
    endedAtNs: span.endedAtNs,
    ...(span.statusMessage === "" ? {} : { statusMessage: span.statusMessage }),
    ...(span.events.length === 0 ? {} : { events: span.events.map((event) => ({ ...event })) }),
  };
  return [
    trace,
    span.id,
    span.parentId,
    span.name,
    typeof type === "string" ? type : null,
    span.status,
    Number(span.startedAtNs / 1_000n),
    span.endedAtNs === null ? null : Number(span.endedAtNs - span.startedAtNs),
    writeExactJson(span.attributes),
    writeExactJson(rest),
  ];
}

function toSpan(row: SpanRow): Span {
  const attributes = parseExactJson(row.attributes);
  const rest = parseExactJson(row.rest);
  if (!isRecord(attributes) || !isRecord(rest))
    throw new Error(`the span ${row.span_id} holds no JSON object`);
  const { events } = rest;
  return {
    otelTraceId: String(rest["otelTraceId"]),
    id: row.span_id,
    parentId: row.parent_span_id,
    name: row.name,
    status: toStatus(row.status),
    statusMessage: typeof rest["statusMessage"] === "string" ? rest["statusMessage"] : "",
    startedAtNs: toNs(rest["startedAtNs"]) ?? 0n,
    endedAtNs: toNs(rest["endedAtNs"]),
    attributes,
    events: Array.isArray(events) ? events.map(toEvent) : [],
  };
}

function toEvent(event: ExactJson): SpanEvent {
  if (!isRecord(event)) throw new Error("an event of a span is no JSON object");
  return {
    name: String(event["name"]),
    atNs: toNs(event["atNs"]) ?? 0n,
    attributes: toAttributes(event["attributes"]),
  };
}

function toAttributes(value: ExactJson | undefined): Attributes {
  return isRecord(value) ? value : {};
}

function toNs(value: ExactJson | undefined): bigint | null {
  return typeof value === "bigint" ? value : null;
}

function toStatus(status: string): SpanStatus {
  return status === "OK" || status === "ERROR" ? status : "UNSET";
}
