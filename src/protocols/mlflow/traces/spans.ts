import { isList, isRecord, writeExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import { attributeKeys } from "#traces";
import type { Attributes, Span } from "#traces";

/** A span in the JSON of protocol buffers: ids in base64, as MLflow's own answers have it, and the trace's id, which clients look for in each. */
export function presentSpan(span: Span, traceId: string): object {
  return {
    trace_id: toBase64(span.otelTraceId),
    span_id: toBase64(span.id),
    ...(span.parentId === null ? {} : { parent_span_id: toBase64(span.parentId) }),
    name: span.name,
    start_time_unix_nano: String(span.startedAtNs),
    ...(span.endedAtNs === null ? {} : { end_time_unix_nano: String(span.endedAtNs) }),
    attributes: presentAttributes({ [attributeKeys.traceId]: traceId, ...span.attributes }),
    events: span.events.map((event) => ({
      time_unix_nano: String(event.atNs),
      name: event.name,
      attributes: presentAttributes(event.attributes),
    })),
    status: {
      ...(span.status === "UNSET" ? {} : { code: `STATUS_CODE_${span.status}` }),
      ...(span.statusMessage === "" ? {} : { message: span.statusMessage }),
    },
  };
}

/** A span as clients write it into a file: attributes as texts that hold JSON, times exact to the nanosecond. */
export function presentSpanInFile(span: Span, traceId: string): ExactJson {
  return {
    trace_id: toBase64(span.otelTraceId),
    span_id: toBase64(span.id),
    parent_span_id: span.parentId === null ? null : toBase64(span.parentId),
    name: span.name,
    start_time_unix_nano: span.startedAtNs,
    end_time_unix_nano: span.endedAtNs,
    events: span.events.map((event) => ({
      name: event.name,
      time_unix_nano: event.atNs,
      attributes: event.attributes,
    })),
    status: { code: `STATUS_CODE_${span.status}`, message: span.statusMessage },
    attributes: Object.fromEntries(
      Object.entries({ [attributeKeys.traceId]: traceId, ...span.attributes }).map(([key, value]) => [
        key,
        writeExactJson(value),
      ]),
    ),
  };
}

function presentAttributes(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: presentValue(value) }));
}

function presentValue(value: ExactJson): object {
  if (value === null) return {};
  if (typeof value === "string") return { string_value: value };
  if (typeof value === "boolean") return { bool_value: value };
  if (typeof value === "bigint") return presentWhole(value);
  if (typeof value === "number") return { double_value: value };
  if (isRecord(value)) return { kvlist_value: { values: presentAttributes(value) } };
  return { array_value: { values: isList(value) ? value.map(presentValue) : [] } };
}

/** The protocol's whole numbers have 64 bits. */
function presentWhole(value: bigint): object {
  return BigInt.asIntN(64, value) === value ? { int_value: String(value) } : { string_value: String(value) };
}

function toBase64(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64");
}
