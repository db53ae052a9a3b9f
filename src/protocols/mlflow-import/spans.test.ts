import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Span } from "#traces";

import { readSpan, writeSpan } from "./span-text.ts";
import { readStoredSpan } from "./stored-spans.ts";
import { readWireSpan } from "./wire-spans.ts";

const traceHex = "0af7651916cd43dd8448eb211c80319c";
const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

const span: Span = {
  otelTraceId: traceHex,
  id: "00f067aa0ba902b7",
  parentId: "00f067aa0ba902b6",
  name: "find ü",
  status: "ERROR",
  statusMessage: "no answer",
  startedAtNs: 1_800_000_000_123_456_789n,
  endedAtNs: 1_800_000_000_223_456_789n,
  attributes: {
    "mlflow.traceRequestId": `tr-${traceHex}`,
    whole: 9_007_199_254_740_993n,
    real: 3,
    words: "größer",
    nested: { a: [1n, 2.5, null, true] },
  },
  events: [{ name: "exception", atNs: 1_800_000_000_123_456_790n, attributes: { n: 2n } }],
};

const times = { start: "1800000000123456789", end: "1800000000223456789", event: "1800000000123456790" };
const attributes = `{"mlflow.traceRequestId": "\\"tr-${traceHex}\\"", "whole": "9007199254740993", "real": "3.0",
  "words": "größer", "nested": "{\\"a\\": [1, 2.5, null, true]}"}`;

describe("a span of another server", () => {
  it("travels with its numbers exact", () => {
    assert.deepEqual(readSpan(writeSpan(span)), span);
    assert.deepEqual(readSpan(writeSpan({ ...span, parentId: null, endedAtNs: null })).endedAtNs, null);
    assert.throws(() => readSpan("{}"), RangeError);
    assert.throws(() => readSpan("no JSON"), SyntaxError);
  });

  it("is read as the database keeps it, with ids in base64, in hex, and in the form before 3.0", () => {
    const rest = `"name": "find ü", "start_time_unix_nano": ${times.start}, "end_time_unix_nano": ${times.end},
      "events": [{"name": "exception", "time_unix_nano": ${times.event}, "attributes": {"n": 2}}],
      "attributes": ${attributes}`;
    const newest = `{"trace_id": "${base64(traceHex)}", "span_id": "${base64(span.id)}",
      "parent_span_id": "${base64(span.parentId ?? "")}", ${rest},
      "status": {"code": "STATUS_CODE_ERROR", "message": "no answer"}}`;
    const hex = `{"trace_id": "tr-${traceHex}", "span_id": "${span.id}", "parent_span_id": "${span.parentId}", ${rest},
      "status": {"code": "ERROR", "message": "no answer"}}`;
    const old = `{"context": {"trace_id": "0x${traceHex}", "span_id": "0x${span.id}"}, "parent_id": "0x${span.parentId}",
      "name": "find ü", "start_time": ${times.start}, "end_time": ${times.end},
      "status_code": "ERROR", "status_message": "no answer", "attributes": ${attributes},
      "events": [{"name": "exception", "timestamp": ${times.event}, "attributes": {"n": 2}}]}`;
    for (const content of [newest, hex, old]) assert.deepEqual(readStoredSpan(content), span);
  });

  it("is none when it has no ids or no beginning", () => {
    for (const content of ["", "no JSON", "[]", "{}", '{"trace_id": "x", "span_id": "y", "name": "z"}']) {
      assert.equal(readStoredSpan(content), undefined, content);
    }
  });

  it("is read as the server answers with it, times as numbers or as texts", () => {
    const answer = {
      trace_id: base64(traceHex),
      span_id: base64(span.id),
      parent_span_id: base64(span.parentId ?? ""),
      name: "find ü",
      start_time_unix_nano: span.startedAtNs,
      end_time_unix_nano: times.end,
      status: { code: "STATUS_CODE_ERROR", message: "no answer" },
      attributes: [
        { key: "mlflow.traceRequestId", value: { string_value: `tr-${traceHex}` } },
        { key: "whole", value: { int_value: "9007199254740993" } },
        { key: "real", value: { double_value: 3 } },
        { key: "words", value: { string_value: "größer" } },
        {
          key: "nested",
          value: {
            kvlist_value: {
              values: [
                {
                  key: "a",
                  value: {
                    array_value: {
                      values: [{ int_value: 1n }, { double_value: 2.5 }, {}, { bool_value: true }],
                    },
                  },
                },
              ],
            },
          },
        },
      ],
      events: [
        {
          name: "exception",
          time_unix_nano: times.event,
          attributes: [{ key: "n", value: { int_value: "2" } }],
        },
      ],
    };
    assert.deepEqual(readWireSpan(answer), span);
    assert.equal(readWireSpan({}), undefined);
  });
});
