import { isList, isRecord } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import type { Attributes, Span, SpanEvent } from "#traces";

import { attributesOf, statusOf } from "./span-text.ts";
import { idOf, nanosecondsOf } from "./stored-spans.ts";

/** A span as MLflow's servers answer with it: OpenTelemetry's message in JSON, with ids in base64. Undefined for what is none. */
export function readWireSpan(value: ExactJson): Span | undefined {
  const record = attributesOf(value);
  const otelTraceId = idOf(record["trace_id"], 32);
  const id = idOf(record["span_id"], 16);
  const startedAtNs = nanosecondsOf(record["start_time_unix_nano"]);
  if (otelTraceId === undefined || id === undefined || startedAtNs === undefined) return undefined;
  const status = attributesOf(record["status"]);
  return {
    otelTraceId,
    id,
    parentId: idOf(record["parent_span_id"], 16) ?? null,
    name: textOf(record["name"]),
    status: statusOf(status["code"]),
    statusMessage: textOf(status["message"]),
    startedAtNs,
    endedAtNs: nanosecondsOf(record["end_time_unix_nano"]) ?? null,
    attributes: pairsOf(record["attributes"]),
    events: isList(record["events"]) ? record["events"].filter(isRecord).map(eventOf) : [],
  };
}

function eventOf(event: Attributes): SpanEvent {
  return {
    name: textOf(event["name"]),
    atNs: nanosecondsOf(event["time_unix_nano"]) ?? 0n,
    attributes: pairsOf(event["attributes"]),
  };
}

function textOf(value: ExactJson | undefined): string {
  return typeof value === "string" ? value : "";
}

function pairsOf(list: ExactJson | undefined): Attributes {
  const pairs = isList(list) ? list.filter(isRecord) : [];
  return Object.fromEntries(pairs.map((pair) => [textOf(pair["key"]), anyValue(pair["value"])]));
}

/** The AnyValue of OpenTelemetry. */
function anyValue(value: ExactJson | undefined): ExactJson {
  const [entry] = Object.entries(attributesOf(value));
  if (entry === undefined) return null;
  const [kind, member] = entry;
  switch (kind) {
    case "int_value":
      return typeof member === "string" ? BigInt(member) : member;
    case "double_value":
      return Number(member);
    case "array_value": {
      const values = attributesOf(member)["values"];
      return isList(values) ? values.map(anyValue) : [];
    }
    case "kvlist_value":
      return pairsOf(attributesOf(member)["values"]);
    default:
      return member;
  }
}
