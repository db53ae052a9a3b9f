import { isList, isRecord, parseExactJson, writeExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import type { Attributes, Span, SpanEvent } from "#traces";

/*
 * A span as it travels from the program that imports to the server: a JSON text in which whole numbers of any
 * size, and the nanoseconds of its times, stay what they are.
 */

export function writeSpan(span: Span): string {
  return writeExactJson({ ...span, events: span.events.map((event) => ({ ...event })) });
}

/** Throws a SyntaxError or a RangeError for a text that is no span. */
export function readSpan(text: string): Span {
  const record = parseExactJson(text);
  if (!isRecord(record)) throw new RangeError("a span is a JSON object");
  return {
    otelTraceId: textIn(record, "otelTraceId"),
    id: textIn(record, "id"),
    parentId: record["parentId"] === null ? null : textIn(record, "parentId"),
    name: textIn(record, "name"),
    status: statusOf(record["status"]),
    statusMessage: textIn(record, "statusMessage"),
    startedAtNs: wholeIn(record, "startedAtNs"),
    endedAtNs: record["endedAtNs"] === null ? null : wholeIn(record, "endedAtNs"),
    attributes: attributesOf(record["attributes"]),
    events: isList(record["events"]) ? record["events"].map(eventOf) : [],
  };
}

export function statusOf(code: ExactJson | undefined): Span["status"] {
  const word = typeof code === "string" ? code.replace(/^STATUS_CODE_/, "") : "";
  return word === "OK" || word === "ERROR" ? word : "UNSET";
}

export function attributesOf(value: ExactJson | undefined): Attributes {
  return isRecord(value) ? value : {};
}

export function textIn(record: Attributes, name: string): string {
  const value = record[name];
  if (typeof value === "string") return value;
  throw new RangeError(`its ${name} is no text`);
}

function wholeIn(record: Attributes, name: string): bigint {
  const value = record[name];
  if (typeof value === "bigint") return value;
  throw new RangeError(`its ${name} is no whole number`);
}

function eventOf(value: ExactJson): SpanEvent {
  if (!isRecord(value)) throw new RangeError("an event of it is no JSON object");
  return {
    name: textIn(value, "name"),
    atNs: wholeIn(value, "atNs"),
    attributes: attributesOf(value["attributes"]),
  };
}
