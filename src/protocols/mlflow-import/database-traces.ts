import { metadataKeys, tagKeys } from "#traces";

import { byOwner, number, optionalText, pairs, text, truth } from "./cells.ts";
import type { TraceRecord } from "./records.ts";
import type { Row, Rows } from "./rows.ts";
import { promptsIn } from "./source.ts";
import type { Located, SpanOfTrace } from "./source.ts";
import { readStoredSpan } from "./stored-spans.ts";

const pageTraces = 100;
const states = ["OK", "ERROR", "IN_PROGRESS"] as const;

/** The traces of an experiment, in pages, with what later versions of MLflow keep beside them. */
export async function* readTraces(
  rows: Rows,
  tables: ReadonlySet<string>,
  experimentId: string,
): AsyncIterable<readonly Located<TraceRecord>[]> {
  let after = "";
  for (;;) {
    const page = await rows.all(
      `select * from trace_info where experiment_id = ? and request_id > ? order by request_id limit ${pageTraces}`,
      [Number(experimentId), after],
    );
    if (page.length > 0) yield await complete(rows, tables, page);
    if (page.length < pageTraces) return;
    after = text(page.at(-1) ?? {}, "request_id");
  }
}

async function complete(
  rows: Rows,
  tables: ReadonlySet<string>,
  page: readonly Row[],
): Promise<readonly Located<TraceRecord>[]> {
  const ids = page.map((row) => text(row, "request_id"));
  const marks = ids.map(() => "?").join(", ");
  const of = async (table: string, column: string, order = "") =>
    tables.has(table)
      ? byOwner(await rows.all(`select * from ${table} where ${column} in (${marks}) ${order}`, ids), column)
      : new Map<string, readonly Row[]>();
  const tags = await of("trace_tags", "request_id");
  const metadata = await of("trace_request_metadata", "request_id");
  const assessments = await of("assessments", "trace_id", "order by created_timestamp, assessment_id");
  const links = tables.has("entity_associations")
    ? byOwner(
        await rows.all(
          `select source_id, destination_type, destination_id from entity_associations
            where source_type = 'trace' and source_id in (${marks})`,
          ids,
        ),
        "source_id",
      )
    : new Map<string, readonly Row[]>();
  return page.map((row) => {
    const id = text(row, "request_id");
    const own = { ...pairs(tags.get(id) ?? [], "key", "value"), ...nameOf(row) };
    const linked = (kind: string): string[] =>
      (links.get(id) ?? []).flatMap((link) =>
        text(link, "destination_type") === kind ? [text(link, "destination_id")] : [],
      );
    return {
      id,
      state: states.find((known) => known === text(row, "status")) ?? "STATE_UNSPECIFIED",
      startedAtMs: number(row, "timestamp_ms"),
      durationMs: row["execution_time_ms"] === null ? null : number(row, "execution_time_ms"),
      clientRequestId: optionalText(row, "client_request_id") ?? null,
      requestPreview: optionalText(row, "request_preview") ?? null,
      responsePreview: optionalText(row, "response_preview") ?? null,
      tags: own,
      metadata: { ...pairs(metadata.get(id) ?? [], "key", "value"), ...countedOf(row) },
      assessments: (assessments.get(id) ?? []).map(toAssessment),
      runIds: linked("run"),
      prompts: [...new Set([...linked("prompt_version"), ...promptsIn(own)])],
      artifactUri: own[tagKeys.artifactLocation] ?? "",
    };
  });
}

function nameOf(row: Row): Record<string, string> {
  const name = optionalText(row, "trace_name");
  return name === undefined ? {} : { [tagKeys.name]: name };
}

const tokens = [
  "input_tokens",
  "output_tokens",
  "total_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
  "cache_creation_input_tokens_above_1hr",
];
const costs = ["input_cost", "output_cost", "total_cost"];

/** Since 3.14 MLflow moves these from a trace's metadata into columns, and tells them as metadata again. */
function countedOf(row: Row): Record<string, string> {
  const session = optionalText(row, "session_id");
  return {
    ...(session === undefined ? {} : { [metadataKeys.session]: session }),
    ...jsonOf(metadataKeys.tokenUsage, row, tokens, String),
    ...jsonOf(metadataKeys.cost, row, costs, (value) =>
      Number.isInteger(value) ? value.toFixed(1) : String(value),
    ),
  };
}

/** As Python writes JSON. */
function jsonOf(
  key: string,
  row: Row,
  columns: readonly string[],
  write: (value: number) => string,
): Record<string, string> {
  const known = columns.filter((column) => row[column] !== null && row[column] !== undefined);
  if (known.length === 0) return {};
  return { [key]: `{${known.map((column) => `"${column}": ${write(number(row, column))}`).join(", ")}}` };
}

const kinds = ["feedback", "expectation", "issue"] as const;

function toAssessment(row: Row): TraceRecord["assessments"][number] {
  const error = recordOf(json(text(row, "error")));
  const metadata = recordOf(json(text(row, "assessment_metadata"))) ?? {};
  return {
    id: text(row, "assessment_id"),
    spanId: optionalText(row, "span_id") ?? null,
    kind: kinds.find((kind) => kind === text(row, "assessment_type")) ?? "feedback",
    name: text(row, "name"),
    value: json(text(row, "value")) ?? null,
    error:
      error === undefined
        ? null
        : {
            code: String(error["error_code"] ?? ""),
            message: wordOf(error["error_message"]),
            stackTrace: wordOf(error["stack_trace"]),
          },
    rationale: optionalText(row, "rationale") ?? null,
    sourceType: text(row, "source_type"),
    sourceId: optionalText(row, "source_id") ?? null,
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)])),
    runId: optionalText(row, "run_id") ?? null,
    overrides: optionalText(row, "overrides") ?? null,
    isValid: truth(row, "valid"),
    createdAtMs: number(row, "created_timestamp"),
    updatedAtMs: number(row, "last_updated_timestamp"),
  };
}

function wordOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function json(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

/** The spans in the database. An archived trace has rows there without content. */
export async function* readSpans(
  rows: Rows,
  traceIds: readonly string[],
): AsyncIterable<readonly SpanOfTrace[]> {
  const marks = traceIds.map(() => "?").join(", ");
  const query = `select trace_id, content from spans where trace_id in (${marks}) and content <> ''`;
  for await (const page of rows.pages(query, traceIds)) {
    yield page.flatMap((row) => {
      const span = readStoredSpan(text(row, "content"));
      return span === undefined ? [] : [{ traceId: text(row, "trace_id"), span }];
    });
  }
}
