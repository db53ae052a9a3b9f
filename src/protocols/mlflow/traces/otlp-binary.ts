import type { ExactJson } from "#kernel/exact-json";
import type { Span, SpanEvent } from "#traces";

import { readFields } from "./protobuf.ts";

/*
 * OpenTelemetry's messages, by the numbers of their fields in opentelemetry/proto/trace/v1/trace.proto,
 * common/v1/common.proto and collector/trace/v1/trace_service.proto.
 */

const deepest = 64;

/** The spans of an ExportTraceServiceRequest. Throws a RangeError for bytes that are none. */
export function decodeTraces(request: Uint8Array): readonly Span[] {
  return messagesAt(request, 1).flatMap((resourceSpans) =>
    messagesAt(resourceSpans, 2).flatMap((scopeSpans) => messagesAt(scopeSpans, 2).map(readSpan)),
  );
}

function messagesAt(message: Uint8Array, number: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const field of readFields(message)) if (field.number === number) found.push(field.bytes);
  return found;
}

function readSpan(message: Uint8Array): Span {
  let [otelTraceId, id, parentId, name] = ["", "", "", ""];
  let [startedAtNs, endedAtNs] = [0n, 0n];
  let status = readStatus(new Uint8Array());
  const attributes: [string, ExactJson][] = [];
  const events: SpanEvent[] = [];
  for (const { number, whole, bytes } of readFields(message)) {
    if (number === 1) otelTraceId = toHex(bytes);
    else if (number === 2) id = toHex(bytes);
    else if (number === 4) parentId = toHex(bytes);
    else if (number === 5) name = toText(bytes);
    else if (number === 7) startedAtNs = whole;
    else if (number === 8) endedAtNs = whole;
    else if (number === 9) attributes.push(readKeyValue(bytes, 0));
    else if (number === 11) events.push(readEvent(bytes));
    else if (number === 15) status = readStatus(bytes);
  }
  return {
    otelTraceId,
    id,
    parentId: isAbsent(parentId) ? null : parentId,
    name,
    startedAtNs,
    endedAtNs: endedAtNs === 0n ? null : endedAtNs,
    ...status,
    attributes: Object.fromEntries(attributes),
    events,
  };
}

function readEvent(message: Uint8Array): SpanEvent {
  let atNs = 0n;
  let name = "";
  const attributes: [string, ExactJson][] = [];
  for (const { number, whole, bytes } of readFields(message)) {
    if (number === 1) atNs = whole;
    else if (number === 2) name = toText(bytes);
    else if (number === 3) attributes.push(readKeyValue(bytes, 0));
  }
  return { atNs, name, attributes: Object.fromEntries(attributes) };
}

function readStatus(message: Uint8Array): Pick<Span, "status" | "statusMessage"> {
  let statusMessage = "";
  let code = 0n;
  for (const { number, whole, bytes } of readFields(message)) {
    if (number === 2) statusMessage = toText(bytes);
    else if (number === 3) code = whole;
  }
  return { status: code === 1n ? "OK" : code === 2n ? "ERROR" : "UNSET", statusMessage };
}

function readKeyValue(message: Uint8Array, depth: number): [string, ExactJson] {
  let key = "";
  let value: ExactJson = null;
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) key = toText(bytes);
    else if (number === 2) value = readAnyValue(bytes, depth);
  }
  return [key, value];
}

function readAnyValue(message: Uint8Array, depth: number): ExactJson {
  if (depth > deepest) throw new RangeError(`a value is nested more than ${deepest} deep`);
  let value: ExactJson = null;
  for (const { number, whole, bytes } of readFields(message)) {
    if (number === 1) value = toText(bytes);
    else if (number === 2) value = whole !== 0n;
    else if (number === 3) value = BigInt.asIntN(64, whole);
    else if (number === 4) value = toDouble(whole);
    else if (number === 5) value = messagesAt(bytes, 1).map((item) => readAnyValue(item, depth + 1));
    else if (number === 6)
      value = Object.fromEntries(messagesAt(bytes, 1).map((item) => readKeyValue(item, depth + 1)));
    else if (number === 7) value = Buffer.from(bytes).toString("base64");
  }
  return value;
}

function toDouble(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** No parent: no bytes, or only zeros. */
export function isAbsent(id: string): boolean {
  return /^0*$/.test(id);
}
