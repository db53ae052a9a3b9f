import { isList, isRecord, parseExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import type { Attributes, Span, SpanEvent } from "#traces";

import { attributesOf, statusOf } from "./span-text.ts";

/**
 * A span as an MLflow database keeps it, in any of the forms its versions wrote (`Span.to_dict` in
 * mlflow/entities/span.py): ids in base64, from 3.5 in hex, before that in hex below `context`; each
 * attribute is a text that holds JSON. Undefined for a text that is no span.
 */
export function readStoredSpan(content: string): Span | undefined {
  const record = parsed(content);
  if (!isRecord(record)) return undefined;
  const context = attributesOf(record["context"]);
  const otelTraceId = idOf(record["trace_id"] ?? context["trace_id"], 32);
  const id = idOf(record["span_id"] ?? context["span_id"], 16);
  const startedAtNs = nanosecondsOf(record["start_time_unix_nano"] ?? record["start_time"]);
  if (otelTraceId === undefined || id === undefined || startedAtNs === undefined) return undefined;
  const status = attributesOf(record["status"]);
  const message = status["message"] ?? record["status_message"];
  return {
    otelTraceId,
    id,
    parentId: idOf(record["parent_span_id"] ?? record["parent_id"], 16) ?? null,
    name: typeof record["name"] === "string" ? record["name"] : "",
    status: statusOf(status["code"] ?? record["status_code"]),
    statusMessage: typeof message === "string" ? message : "",
    startedAtNs,
    endedAtNs: nanosecondsOf(record["end_time_unix_nano"] ?? record["end_time"]) ?? null,
    attributes: Object.fromEntries(
      Object.entries(attributesOf(record["attributes"])).map(([key, value]) => [key, valueOf(value)]),
    ),
    events: isList(record["events"]) ? record["events"].filter(isRecord).map(eventOf) : [],
  };
}

function parsed(text: string): ExactJson {
  try {
    return parseExactJson(text);
  } catch {
    return null;
  }
}

/** Each attribute is a text of JSON; one that is none means itself. */
function valueOf(value: ExactJson): ExactJson {
  if (typeof value !== "string") return value;
  try {
    return parseExactJson(value);
  } catch {
    return value;
  }
}

export function idOf(value: ExactJson | undefined, digits: 16 | 32): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  const hex = value.replace(/^(0x|tr-)/, "").toLowerCase();
  if (hex.length <= digits && /^[0-9a-f]+$/.test(hex) && !value.endsWith("=")) {
    return hex.padStart(digits, "0");
  }
  const decoded = Buffer.from(value, "base64").toString("hex");
  return decoded.length === digits ? decoded : undefined;
}

/** 64-bit numbers come as numbers and as texts; 0 is none. */
export function nanosecondsOf(value: ExactJson | undefined): bigint | undefined {
  if (typeof value === "bigint") return value === 0n ? undefined : value;
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) return nanosecondsOf(BigInt(value));
  return undefined;
}

function eventOf(event: Attributes): SpanEvent {
  return {
    name: typeof event["name"] === "string" ? event["name"] : "",
    atNs: nanosecondsOf(event["time_unix_nano"] ?? event["timestamp"]) ?? 0n,
    attributes: attributesOf(event["attributes"]),
  };
}
