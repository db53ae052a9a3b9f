import { isRecord, parseExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import type { Attributes, Span, SpanEvent } from "#traces";

import { isAbsent } from "./otlp-binary.ts";

/*
 * OpenTelemetry's own JSON: as that of protocol buffers in camelCase, but ids are hex and enums numbers.
 */

/** The spans of an ExportTraceServiceRequest. Throws a SyntaxError or a RangeError for text that is none. */
export function parseTraces(text: string): readonly Span[] {
  const request = parseExactJson(text);
  if (!isRecord(request)) throw new RangeError("the request is no object");
  return listAt(request, "resourceSpans").flatMap((resourceSpans) =>
    listAt(resourceSpans, "scopeSpans").flatMap((scopeSpans) => listAt(scopeSpans, "spans").map(readSpan)),
  );
}

type JsonObject = Readonly<Record<string, ExactJson>>;

function listAt(object: JsonObject, key: string): readonly JsonObject[] {
  const value = object[key] ?? [];
  if (!Array.isArray(value)) throw new RangeError(`\`${key}\` is no list`);
  return value.map((item: ExactJson) => {
    if (!isRecord(item)) throw new RangeError(`an item of \`${key}\` is no object`);
    return item;
  });
}

function readSpan(span: JsonObject): Span {
  const status = isRecord(span["status"]) ? span["status"] : {};
  const parentId = textAt(span, "parentSpanId").toLowerCase();
  const endedAtNs = wholeAt(span, "endTimeUnixNano");
  return {
    otelTraceId: textAt(span, "traceId").toLowerCase(),
    id: textAt(span, "spanId").toLowerCase(),
    parentId: isAbsent(parentId) ? null : parentId,
    name: textAt(span, "name"),
    startedAtNs: wholeAt(span, "startTimeUnixNano"),
    endedAtNs: endedAtNs === 0n ? null : endedAtNs,
    status: readCode(status["code"]),
    statusMessage: textAt(status, "message"),
    attributes: readAttributes(listAt(span, "attributes")),
    events: listAt(span, "events").map(readEvent),
  };
}

function readEvent(event: JsonObject): SpanEvent {
  return {
    atNs: wholeAt(event, "timeUnixNano"),
    name: textAt(event, "name"),
    attributes: readAttributes(listAt(event, "attributes")),
  };
}

function readCode(code: ExactJson | undefined): Span["status"] {
  if (code === 1n || code === "STATUS_CODE_OK") return "OK";
  return code === 2n || code === "STATUS_CODE_ERROR" ? "ERROR" : "UNSET";
}

function readAttributes(pairs: readonly JsonObject[]): Attributes {
  return Object.fromEntries(pairs.map((pair) => [textAt(pair, "key"), readAnyValue(pair["value"])]));
}

function readAnyValue(value: ExactJson | undefined): ExactJson {
  if (!isRecord(value)) return null;
  const [entry] = Object.entries(value);
  if (entry === undefined) return null;
  const [kind, member] = entry;
  switch (kind) {
    case "stringValue":
    case "boolValue":
    case "bytesValue":
      return member;
    case "intValue":
      return wholeAt(value, kind);
    case "doubleValue":
      return Number(member);
    case "arrayValue":
      return isRecord(member) ? listAt(member, "values").map(readAnyValue) : [];
    case "kvlistValue":
      return isRecord(member) ? readAttributes(listAt(member, "values")) : {};
    default:
      return null;
  }
}

function textAt(object: JsonObject, key: string): string {
  const value = object[key] ?? "";
  if (typeof value !== "string") throw new RangeError(`\`${key}\` is no text`);
  return value;
}

/** 64-bit numbers travel as texts, and some senders write numbers. */
function wholeAt(object: JsonObject, key: string): bigint {
  const value = object[key] ?? 0n;
  if (typeof value === "bigint") return value;
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw new RangeError(`\`${key}\` is no whole number`);
}
