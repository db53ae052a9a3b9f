import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";

import { z } from "zod";

import { isList, isRecord, parseExactJson } from "#kernel/exact-json";
import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "../test-server.ts";
import { bytesField, wholeField } from "./protobuf.ts";

const startMs = Date.UTC(2027, 0, 1);
const v2 = "/api/2.0/mlflow";
const v3 = "/ajax-api/3.0/mlflow";
const traceId = "tr-0af7651916cd43dd8448eb211c80319c";
const hexTrace = "0af7651916cd43dd8448eb211c80319c";
const hexSpan = "b7ad6b7169203331";

async function openServer() {
  const kernel = await createTestKernel({ migrations: testMigrations, startMs });
  const test = createTestServer(kernel);
  const made = z
    .object({ experiment_id: z.string() })
    .parse((await test.call("POST", `${v2}/experiments/create`, { name: "care" })).body);
  const experimentId = made.experiment_id;
  const record = (info: object) =>
    test.call("POST", `${v3}/traces`, {
      trace: {
        trace_info: {
          trace_id: traceId,
          trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } },
          request_time: "2027-01-01T00:00:00.500Z",
          execution_duration: "1.25s",
          state: "OK",
          ...info,
        },
      },
    });
  const send = (body: string | Buffer, headers: Record<string, string>) =>
    test.server.inject({
      method: "POST",
      url: "/v1/traces",
      body,
      headers: { "x-mlflow-experiment-id": experimentId, ...headers },
    });
  return { ...test, experimentId, record, send };
}

const oneSpan = {
  resourceSpans: [
    {
      resource: {},
      scopeSpans: [
        {
          scope: { name: "test" },
          spans: [
            {
              traceId: hexTrace.toUpperCase(),
              spanId: hexSpan,
              name: "ask",
              startTimeUnixNano: "1798761600000000001",
              endTimeUnixNano: "1798761600005000001",
              attributes: [
                { key: "text", value: { stringValue: "ü" } },
                { key: "whole", value: { intValue: "9007199254740993" } },
                { key: "real", value: { doubleValue: 3 } },
                { key: "on", value: { boolValue: true } },
                { key: "list", value: { arrayValue: { values: [{ intValue: 1 }] } } },
                {
                  key: "map",
                  value: { kvlistValue: { values: [{ key: "a.B", value: { stringValue: "x" } }] } },
                },
              ],
              events: [{ timeUnixNano: "1798761600000000002", name: "said", attributes: [] }],
              status: { code: 2, message: "no" },
            },
          ],
        },
      ],
    },
  ],
};

/** As `oneSpan`, in the binary form, written by hand from the numbers of the fields. */
function binarySpan(id: Buffer = Buffer.from(hexSpan, "hex")): Buffer {
  const text = (number: number, value: string) => bytesField(number, Buffer.from(value));
  const message = (number: number, ...fields: Uint8Array[]) => bytesField(number, Buffer.concat(fields));
  const fixed = (number: number, value: bigint) => {
    const bytes = Buffer.alloc(9);
    bytes[0] = number * 8 + 1;
    bytes.writeBigUInt64LE(value, 1);
    return bytes;
  };
  const double = Buffer.alloc(9);
  double[0] = 4 * 8 + 1;
  double.writeDoubleLE(3, 1);
  const attribute = (key: string, ...value: Uint8Array[]) => message(9, text(1, key), message(2, ...value));
  const span = message(
    2,
    bytesField(1, Buffer.from(hexTrace, "hex")),
    bytesField(2, id),
    text(5, "ask"),
    fixed(7, 1_798_761_600_000_000_001n),
    fixed(8, 1_798_761_600_005_000_001n),
    attribute("text", text(1, "ü")),
    attribute("whole", wholeField(3, 9_007_199_254_740_993n)),
    attribute("real", double),
    attribute("on", wholeField(2, 1n)),
    attribute("list", message(5, message(1, wholeField(3, 1n)))),
    attribute("map", message(6, message(1, text(1, "a.B"), message(2, text(1, "x"))))),
    message(11, fixed(1, 1_798_761_600_000_000_002n), text(2, "said")),
    message(15, text(2, "no"), wholeField(3, 2n)),
    // A field of the future is passed over.
    text(99, "?"),
  );
  return Buffer.from(message(1, message(1), message(2, message(1, text(1, "test")), span)));
}

const json = { "content-type": "application/json" };
const binary = { "content-type": "application/x-protobuf" };

const expectedSpan = {
  trace_id: Buffer.from(hexTrace, "hex").toString("base64"),
  span_id: Buffer.from(hexSpan, "hex").toString("base64"),
  name: "ask",
  start_time_unix_nano: "1798761600000000001",
  end_time_unix_nano: "1798761600005000001",
  attributes: [
    // Clients look in each span for the id of its trace.
    { key: "mlflow.traceRequestId", value: { string_value: "tr-0af7651916cd43dd8448eb211c80319c" } },
    { key: "text", value: { string_value: "ü" } },
    { key: "whole", value: { int_value: "9007199254740993" } },
    { key: "real", value: { double_value: 3 } },
    { key: "on", value: { bool_value: true } },
    { key: "list", value: { array_value: { values: [{ int_value: "1" }] } } },
    { key: "map", value: { kvlist_value: { values: [{ key: "a.B", value: { string_value: "x" } }] } } },
  ],
  events: [{ time_unix_nano: "1798761600000000002", name: "said", attributes: [] }],
  status: { code: "STATUS_CODE_ERROR", message: "no" },
};

const spansOf = (body: unknown) =>
  z.object({ trace: z.object({ spans: z.array(z.unknown()) }) }).parse(body).trace.spans;

describe("spans as OpenTelemetry exports them", () => {
  const forms: readonly (readonly [string, string | Buffer, Record<string, string>])[] = [
    ["JSON", JSON.stringify(oneSpan), json],
    ["binary", binarySpan(), binary],
    ["zipped JSON", gzipSync(JSON.stringify(oneSpan)), { ...json, "content-encoding": "gzip" }],
    ["zipped binary", gzipSync(binarySpan()), { ...binary, "content-encoding": "gzip" }],
  ];
  for (const [name, body, headers] of forms) {
    it(`are read in ${name} form, and come back as they were`, async () => {
      const { send, call } = await openServer();
      const answer = await send(body, headers);
      assert.deepEqual([answer.status, answer.text], [200, name.includes("JSON") ? "{}" : ""]);
      const { body: got } = await call("GET", `${v3}/traces/get?trace_id=${traceId}&allow_partial=true`);
      assert.deepEqual(spansOf(got), [expectedSpan]);
    });
  }

  it("are written into a file with times exact to the nanosecond, and the id of their trace in each", async () => {
    const { send, server } = await openServer();
    await send(JSON.stringify(oneSpan), json);
    const { text } = await server.inject({
      url: `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${traceId}`,
    });
    const file = parseExactJson(text);
    assert.ok(isRecord(file) && isList(file["spans"]) && isRecord(file["spans"][0]), text);
    const { start_time_unix_nano, end_time_unix_nano, attributes } = file["spans"][0];
    assert.deepEqual(
      [start_time_unix_nano, end_time_unix_nano],
      [1_798_761_600_000_000_001n, 1_798_761_600_005_000_001n],
    );
    assert.ok(isRecord(attributes) && attributes["mlflow.traceRequestId"] === `"${traceId}"`, text);
  });

  it("are kept in part when some cannot be, and the answer says so in its form", async () => {
    const { send } = await openServer();
    const [resource] = oneSpan.resourceSpans;
    const [scope] = resource?.scopeSpans ?? [];
    const [good] = scope?.spans ?? [];
    const mixed = { resourceSpans: [{ scopeSpans: [{ spans: [good, { ...good, spanId: "00" }] }] }] };
    const answer = await send(JSON.stringify(mixed), json);
    assert.deepEqual(
      [answer.status, answer.json()],
      [
        200,
        {
          partialSuccess: {
            rejectedSpans: "1",
            errorMessage: "The span 'ask' is refused: its span id is not 8 bytes that are not all zero.",
          },
        },
      ],
    );
    const refused = await send(binarySpan(Buffer.alloc(8)), binary);
    assert.equal(refused.status, 200);
    // Field 1 of the answer holds field 1, the number 1, and field 2, the reason.
    assert.deepEqual([refused.text[0], refused.text.slice(2, 5)], ["\n", "\u0008\u0001\u0012"]);
    assert.match(refused.text, /The span 'ask' is refused/);
  });

  const bad: readonly (readonly [string, string | Buffer, Record<string, string>, RegExp])[] = [
    ["another type", "x", { "content-type": "text/plain" }, /Invalid Content-Type/],
    ["half a JSON", "{", json, /Invalid OpenTelemetry JSON format/],
    ["a JSON of another shape", '{"resourceSpans": 1}', json, /`resourceSpans` is no list/],
    ["half a message", binarySpan().subarray(0, 40), binary, /Invalid OpenTelemetry protobuf format/],
    ["a text", "this is no message", binary, /Invalid OpenTelemetry protobuf format/],
    ["a bad packing", "x", { ...binary, "content-encoding": "gzip" }, /Failed to decompress/],
    ["an unknown packing", "x", { ...binary, "content-encoding": "br" }, /Unsupported Content-Encoding/],
    ["no experiment", "{}", { ...json, "x-mlflow-experiment-id": "" }, /x-mlflow-experiment-id/],
    ["an unknown experiment", "{}", { ...json, "x-mlflow-experiment-id": "77" }, /No Experiment with id=77/],
  ];
  for (const [name, body, headers, message] of bad) {
    it(`are refused with ${name}`, async () => {
      const { send } = await openServer();
      const answer = await send(body, headers);
      assert.ok(answer.status === 400 || answer.status === 404);
      assert.match(answer.text, message);
    });
  }

  it("do not unpack to more than a plain body may have", async () => {
    const { send } = await openServer();
    const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024));
    const answer = await send(bomb, { ...binary, "content-encoding": "gzip" });
    assert.equal(answer.status, 400);
  });
});

describe("traces on the wire", () => {
  it("keep the names of maps as they are, whatever their spelling", async () => {
    const { record } = await openServer();
    const { status, body } = await record({
      traceMetadata: { "mlflow.sourceRun": "r", camelCase: "x" },
      tags: { "mlflow.traceName": "chat" },
      requestPreview: "hi",
    });
    assert.equal(status, 200);
    assert.deepEqual(body, {
      trace: {
        trace_info: {
          trace_id: traceId,
          trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "1" } },
          request_time: "2027-01-01T00:00:00.500Z",
          execution_duration: "1.250s",
          state: "OK",
          trace_metadata: { "mlflow.sourceRun": "r", camelCase: "x", "mlflow.trace.infoFinalized": "true" },
          tags: {
            "mlflow.traceName": "chat",
            "mlflow.artifactLocation": `mlflow-artifacts:/1/traces/${traceId}/artifacts`,
          },
          assessments: [],
          request_preview: "hi",
        },
      },
    });
  });

  it("begin and end in the old version, and are found there", async () => {
    const { call, experimentId } = await openServer();
    const pairs = [{ key: "a", value: "1" }];
    const { body } = await call("POST", `${v2}/traces`, {
      experiment_id: experimentId,
      timestamp_ms: "5",
      tags: pairs,
      request_metadata: pairs,
    });
    const begun = z
      .object({ trace_info: z.object({ request_id: z.string(), status: z.string() }) })
      .parse(body);
    assert.equal(begun.trace_info.status, "IN_PROGRESS");
    const path = `${v2}/traces/${begun.trace_info.request_id}`;
    await call("PATCH", path, { timestamp_ms: 12, status: "OK", tags: [{ key: "b", value: "2" }] });
    const { body: info } = await call("GET", `${path}/info`);
    const ended = z
      .object({ trace_info: z.object({ execution_time_ms: z.number(), status: z.string() }) })
      .parse(info).trace_info;
    assert.deepEqual(ended, { execution_time_ms: 7, status: "OK" });
    const { body: found } = await call(
      "GET",
      `${v2}/traces?experiment_ids=${experimentId}&filter=${encodeURIComponent("tags.b = '2'")}`,
    );
    assert.deepEqual(found, { traces: [z.object({ trace_info: z.unknown() }).parse(info).trace_info] });
  });

  it("carry assessments of any value, changed by a mask in either spelling", async () => {
    const { call, record } = await openServer();
    await record({});
    const base = `${v3}/traces/${traceId}/assessments`;
    const source = { source_type: "LLM_JUDGE", source_id: "m" };
    const made = await call("POST", base, {
      assessment: {
        assessment_name: "ok",
        source,
        feedback: { value: { camelCase: [1, null] } },
        metadata: { camelCase: "y" },
      },
    });
    const shape = z.object({
      assessment: z.looseObject({ assessment_id: z.string(), feedback: z.unknown() }),
    });
    const first = shape.parse(made.body).assessment;
    assert.deepEqual(
      [first.feedback, first["metadata"], first["source"], first["valid"]],
      [{ value: { camelCase: [1, null] } }, { camelCase: "y" }, source, true],
    );
    const changed = await call("PATCH", `${base}/${first.assessment_id}`, {
      assessment: { assessmentName: "fine", feedback: { value: 0.5 }, rationale: "not sent by the mask" },
      update_mask: "assessmentName,feedback",
    });
    const second = shape.parse(changed.body).assessment;
    assert.deepEqual(
      [second["assessment_name"], second.feedback, second["rationale"]],
      ["fine", { value: 0.5 }, undefined],
    );
    const expectation = { serialized_value: { serialization_format: "JSON_FORMAT", value: '{"a":[1]}' } };
    const expected = await call("POST", base, { assessment: { assessment_name: "answer", expectation } });
    assert.deepEqual(
      z.object({ assessment: z.looseObject({}) }).parse(expected.body).assessment["expectation"],
      expectation,
    );
    const neither = await call("POST", base, { assessment: { assessment_name: "x" } });
    assert.equal(neither.status, 400);
  });

  it("keep files, list them and lose them with the trace", async () => {
    const { call, server, record, experimentId } = await openServer();
    await record({});
    const place = `${experimentId}/traces/${traceId}/artifacts`;
    const artifacts = "/api/2.0/mlflow-artifacts/artifacts";
    const put = await server.inject({
      method: "PUT",
      url: `${artifacts}/${place}/traces.json`,
      body: '{"spans":[]}',
    });
    assert.equal(put.status, 200);
    const list = await call("GET", `${artifacts}?path=${place}`);
    assert.deepEqual(list.body, { files: [{ path: "traces.json", is_dir: false, file_size: 12 }] });
    const page = await server.inject({
      method: "GET",
      url: `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${traceId}`,
    });
    assert.deepEqual([page.status, page.text], [200, '{"spans":[]}']);
    assert.match(String(page.headers["content-disposition"]), /^attachment/);
    const deleted = await call("POST", `${v3}/traces/delete-traces`, {
      experiment_id: experimentId,
      request_ids: [traceId],
    });
    assert.deepEqual(deleted.body, { traces_deleted: 1 });
    assert.equal(
      (await server.inject({ method: "GET", url: `${artifacts}/${place}/traces.json` })).status,
      404,
    );
    await record({});
    assert.deepEqual((await call("GET", `${artifacts}?path=${place}`)).body, { files: [] });
  });

  it("give a page of a project and one trace as a tree to our own pages", async () => {
    const { call, send, record } = await openServer();
    await send(JSON.stringify(oneSpan), json);
    await record({ tags: { "mlflow.traceName": "chat" } });
    const page = z
      .object({ traces: z.array(z.object({ id: z.string(), name: z.string() })), cursor: z.null() })
      .parse((await call("GET", "/api/v1/projects/care/traces")).body);
    assert.deepEqual(page.traces, [{ id: traceId, name: "chat" }]);
    const { body } = await call("GET", `/api/v1/projects/care/traces/${traceId}`);
    const [span] = z.object({ spans: z.array(z.looseObject({})) }).parse(body).spans;
    assert.deepEqual(
      [span?.["depth"], span?.["durationMs"], span?.["status"], span?.["attributes"]],
      [
        0,
        5,
        "ERROR",
        { text: "ü", whole: 9007199254740992, real: 3, on: true, list: [1], map: { "a.B": "x" } },
      ],
    );
    assert.equal((await call("GET", `/api/v1/projects/other/traces/${traceId}`)).status, 404);
  });
});
