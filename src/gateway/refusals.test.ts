import { deepEqual, equal, match } from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

import { careTable, ruleVariant } from "./fixtures/routing.ts";
import { post, startedGateway, tensor } from "./fixtures/started.ts";
import type { StartedGateway } from "./fixtures/started.ts";

const refusalSchema = z.strictObject({
  error: z.string(),
  code: z.string(),
  next: z.string(),
  data: z.looseObject({ field: z.string().optional(), expected: z.string().optional() }),
});

/** A model of one input of each kind, so that every kind can be wrong. It is never reached. */
async function tableOfKinds(folder: string) {
  const variant = await ruleVariant(folder);
  const inputs = (["BYTES", "FP32", "INT64", "BOOL"] as const).map((datatype) => ({
    name: datatype === "BYTES" ? "text" : datatype.toLowerCase(),
    datatype,
    optional: false,
  }));
  return careTable([{ ...variant, signature: { ...variant.signature, inputs } }]);
}

const fp32 = tensor("fp32", [1.5], "FP32");
const int64 = tensor("int64", [1], "INT64");
const bool = tensor("bool", [true], "BOOL");
const others = [fp32, int64, bool];
const text = tensor("text", ["late"]);
const textLimit = "a text of at most 100000 characters without U+0000";

/** What is sent, the field that is named, and what was expected there. */
const malformed: readonly [name: string, body: unknown, field: string, expected: string][] = [
  ["a list", [], "the body", "an object"],
  ["null", "null", "the body", "an object"],
  ["an id that is a number", { id: 7, inputs: [text, ...others] }, "id", "a text"],
  ["no inputs", {}, "inputs", "a list"],
  ["a tensor that is a text", { inputs: ["text"] }, "inputs[0]", "an object"],
  ["a missing input", { inputs: others }, "inputs", 'a list that names "text" (BYTES)'],
  ["an input named twice", { inputs: [text, text, ...others] }, "inputs[1]", 'the only column named "text"'],
  ["a column named __proto__", { inputs: [tensor("__proto__", ["x"])] }, "inputs[0].name", "a name"],
  [
    "an unknown datatype",
    { inputs: [{ ...text, datatype: "STRING" }] },
    "inputs[0].datatype",
    "one of BYTES, BOOL, FP32, FP64, INT64, FP16, INT8, INT16, INT32, UINT8, UINT16, UINT32, UINT64",
  ],
  [
    "another datatype than the signature's",
    { inputs: [tensor("text", [1], "FP32"), ...others] },
    "inputs[0].data[0]",
    'BYTES for "text"',
  ],
  [
    "a shape that is no list",
    { inputs: [{ ...text, shape: 1 }] },
    "inputs[0].shape",
    "a list of whole numbers, such as [2] or [2, 1]",
  ],
  [
    "a negative shape",
    { inputs: [{ ...text, shape: [-1] }] },
    "inputs[0].shape",
    "a list of whole numbers, such as [2] or [2, 1]",
  ],
  [
    "two values a row",
    { inputs: [{ ...text, shape: [1, 2], data: ["a", "b"] }] },
    "inputs[0].shape",
    "one value a row: [rows] or [rows, 1]",
  ],
  [
    "more elements than the shape says",
    { inputs: [{ ...text, data: ["a", "b"] }] },
    "inputs[0].data",
    "1 elements, as the shape says",
  ],
  [
    "columns of uneven length",
    { inputs: [text, tensor("fp32", [1, 2], "FP32")] },
    "inputs[1]",
    'of 1 rows like "text"',
  ],
  ["data that is no list", { inputs: [{ ...text, data: "late" }] }, "inputs[0].data", "a list"],
  ["a number as a text", { inputs: [tensor("text", [7]), ...others] }, "inputs[0].data[0]", textLimit],
  ["U+0000 in a text", { inputs: [tensor("text", ["a\0b"]), ...others] }, "inputs[0].data[0]", textLimit],
  [
    "U+0000 in a column beyond the signature",
    { inputs: [text, ...others, tensor("customer", ["a\0b"])] },
    "inputs[4].data[0]",
    textLimit,
  ],
  [
    "a text of 100,001 characters",
    { inputs: [tensor("text", ["x".repeat(100_001)]), ...others] },
    "inputs[0].data[0]",
    textLimit,
  ],
  [
    "a deeply nested element",
    `{"inputs":[{"name":"text","datatype":"BYTES","shape":[1,1],"data":${"[".repeat(50_000)}"x"${"]".repeat(50_000)}}]}`,
    "inputs[0].data[0]",
    textLimit,
  ],
  [
    "a text as a number",
    { inputs: [text, tensor("fp32", ["1"], "FP32"), int64, bool] },
    "inputs[1].data[0]",
    "a number within single precision",
  ],
  [
    "a number beyond single precision",
    { inputs: [text, tensor("fp32", [1e39], "FP32"), int64, bool] },
    "inputs[1].data[0]",
    "a number within single precision",
  ],
  [
    "a number that JSON reads as infinite",
    JSON.stringify({ inputs: [text, fp32, int64, bool] }).replace("1.5", "1e999"),
    "inputs[1].data[0]",
    "a number within single precision",
  ],
  [
    "a whole number beyond 2^53",
    JSON.stringify({ inputs: [text, fp32, int64, bool] }).replace(
      '"INT64","shape":[1],"data":[1]',
      '"INT64","shape":[1],"data":[9007199254740993]',
    ),
    "inputs[2].data[0]",
    "a whole number within 2^53",
  ],
  [
    "a fraction as a whole number",
    { inputs: [text, fp32, tensor("int64", [1.5], "INT64"), bool] },
    "inputs[2].data[0]",
    "a whole number within 2^53",
  ],
  [
    "a missing whole number",
    { inputs: [text, fp32, tensor("int64", [null], "INT64"), bool] },
    "inputs[2].data[0]",
    "a whole number within 2^53",
  ],
  [
    "1 as a truth value",
    { inputs: [text, fp32, int64, tensor("bool", [1], "BOOL")] },
    "inputs[3].data[0]",
    "true or false",
  ],
  [
    "an output that is not there",
    { inputs: [text, ...others], outputs: [{ name: "embedding" }] },
    "outputs[0].name",
    "one of label, decision, probabilities, prediction_id",
  ],
  [
    "a binary tensor",
    { inputs: [{ name: "text", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 8 } }] },
    "inputs[0].data",
    "in the JSON: binary tensors are not taken",
  ],
];

describe("a wrong prediction request", () => {
  const starting = startedGateway(temporaryFolder(), tableOfKinds);
  let started: StartedGateway;
  const infer = (body: unknown, headers?: Record<string, string>) =>
    post(`${started.url}/v2/models/care/infer`, body, headers);
  const stillAnswers = async (): Promise<void> => {
    equal((await infer({ inputs: [text, ...others] })).status, 200);
  };
  before(async () => {
    started = await starting;
  });

  for (const [name, body, field, expected] of malformed) {
    it(`is refused for ${name}, with the field and what belongs there`, async () => {
      const answer = await infer(body);
      const { error, code, data } = refusalSchema.parse(answer.body);
      deepEqual([answer.status, code, data], [400, "prediction_input_invalid", { field, expected }]);
      match(error, /^[^\n]{10,400}\.$/);
      await stillAnswers();
    });
  }

  for (const [body, error] of [
    ["", "The body is not JSON: it is empty."],
    ["not json", 'The body is not JSON: unexpected "o".'],
    ['{"inputs":[', "The body is not JSON: it ends too early."],
    ['{"inputs":[{"name":"tex', "The body is not JSON: it ends too early."],
    ['{"a" 1}', "The body is not JSON: the mistake is at position 5."],
    ['{"data":[NaN]}', 'The body is not JSON: unexpected "N"; NaN and Infinity are no JSON, send null.'],
    [Uint8Array.of(0x22, 0xff, 0x22), "the body must be JSON in UTF-8."],
  ] as const) {
    it(`is refused when the body is ${JSON.stringify(body)}: ${error}`, async () => {
      const answer = await infer(body);
      deepEqual([answer.status, refusalSchema.parse(answer.body).error], [400, error]);
      await stillAnswers();
    });
  }

  it("is refused compressed, and with Triton's binary header, naming what to send instead", async () => {
    const zipped = await infer(gzipSync("{}"), { "content-encoding": "gzip" });
    deepEqual(
      [zipped.status, refusalSchema.parse(zipped.body).error],
      [400, 'the header content-encoding must be absent: bodies come uncompressed, not "gzip".'],
    );
    const binary = await infer("{}\0\0", { "inference-header-content-length": "2" });
    equal(binary.status, 400);
    match(refusalSchema.parse(binary.body).error, /send JSON \(binary_data=False in Triton's client\)/);
    await stillAnswers();
  });

  it("is refused beyond 10,000 rows in every protocol, and taken with so many", async () => {
    const rows = (count: number): string[] => Array.from({ length: count }, () => "x");
    const rule = await startedGateway(temporaryFolder());
    const url = `${rule.url}/v2/models/care/infer`;
    equal((await post(url, { inputs: [tensor("text", rows(10_000))] })).status, 200);
    const tooMany = await post(url, { inputs: [tensor("text", rows(10_001))] });
    deepEqual(
      [tooMany.status, refusalSchema.parse(tooMany.body).error],
      [413, "The request asks for 10001 rows; 10000 fit in one."],
    );
    for (const body of [
      { instances: rows(10_001) },
      { inputs: { text: rows(10_001) } },
      { dataframe_records: rows(10_001).map((one) => ({ text: one })) },
      { dataframe_split: { columns: ["text"], data: rows(10_001).map((one) => [one]) } },
    ]) {
      equal((await post(`${rule.url}/invocations`, body)).status, 413);
    }
  });

  it("is refused for a path, a model or an encoding that is not there", async () => {
    const statusAndCode = async (path: string) => {
      const answer = await post(`${started.url}${path}`, { inputs: [text, ...others] });
      return [answer.status, refusalSchema.parse(answer.body).code];
    };
    deepEqual(await statusAndCode("/v1/models/care:predict"), [404, "path_unknown"]);
    deepEqual(await statusAndCode("/v2/models/nobody/infer"), [404, "model_not_served"]);
    deepEqual(await statusAndCode("/v2/models/constructor/infer"), [404, "model_not_served"]);
    deepEqual(await statusAndCode("/v2/models/%E0%A4%A/infer"), [400, "prediction_input_invalid"]);
  });

  for (const [body, error] of [
    [{}, "the body must be one of dataframe_split, dataframe_records, instances, inputs, not []."],
    [
      { rows: [] },
      'the body must be one of dataframe_split, dataframe_records, instances, inputs, not "rows".',
    ],
    [
      { inputs: [], instances: [] },
      'the body must be one of dataframe_split, dataframe_records, instances, inputs, not ["inputs", "instances"].',
    ],
    [{ dataframe_records: {} }, "dataframe_records must be a list, not an object."],
    [{ dataframe_records: ["late"] }, 'dataframe_records[0] must be an object, not "late".'],
    [
      { dataframe_split: { columns: ["text"], data: [["a", "b"]] } },
      'dataframe_split.data[0] must be a list of 1 values, one a column, not ["a", "b"].',
    ],
    [{ dataframe_split: { columns: [7], data: [[1]] } }, "dataframe_split.columns[0] must be a name, not 7."],
    [{ inputs: { text: ["a"], customer: [] } }, 'inputs.customer must be of 1 rows like "text", not 0.'],
    [{ instances: [{ txt: "a" }] }, 'inputs must be a list that names "text" (BYTES), not ["txt"].'],
    [
      { dataframe_records: [{ text: "a" }, {}] },
      `dataframe_records[1].text must be ${textLimit}, not missing.`,
    ],
    [{ instances: [["a"]] }, 'instances[0] must be an object, not ["a"].'],
    [
      { dataframe_records: [{ text: "a", customer: { id: 1 } }] },
      `dataframe_records[0].customer must be ${textLimit}, not an object.`,
    ],
  ] as const) {
    it(`to /invocations is refused: ${error}`, async () => {
      const rule = await startedGateway(temporaryFolder());
      const answer = await post(`${rule.url}/invocations`, body);
      const found = refusalSchema.parse(answer.body).error;
      equal(answer.status, 400);
      equal(found, error);
    });
  }
});

/** Sends what no HTTP client would. */
async function dial(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

function requestText(body: string, headers: readonly string[] = []): string {
  const head = ["POST /v2/models/care/infer HTTP/1.1", "host: x", ...headers];
  return `${head.join("\r\n")}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Reads until the socket has given so many answers. */
async function readStatuses(socket: Socket, count: number): Promise<number[]> {
  let received = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received += String(chunk);
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    if (statuses.length >= count && received.endsWith("}")) return statuses;
  }
  return [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
}

describe("the connections of a gateway", () => {
  const starting = startedGateway(temporaryFolder());
  let started: StartedGateway;
  const body = JSON.stringify({ inputs: [tensor("text", ["late"])] });
  before(async () => {
    started = await starting;
  });

  it("answer others while a slow body comes, and then the slow one", async () => {
    const socket = await dial(started.url);
    const request = requestText(body);
    socket.write(request.slice(0, -5));
    equal((await started.ask("late")).label, "negative");
    socket.write(request.slice(-5));
    deepEqual(await readStatuses(socket, 1), [200]);
    socket.destroy();
  });

  it("answer a slow body by the routes there are when it is complete", async () => {
    const changing = await startedGateway(temporaryFolder());
    const socket = await dial(changing.url);
    const request = requestText(body);
    socket.write(request.slice(0, -5));
    await changing.ask("late");
    await changing.route(careTable([await ruleVariant(changing.folder, 2)]));
    socket.write(request.slice(-5));
    deepEqual(await readStatuses(socket, 1), [200]);
    socket.destroy();
  });

  it("survive one that closes in the middle of a body", async () => {
    const socket = await dial(started.url);
    socket.write(requestText(body).slice(0, -5));
    socket.destroy();
    equal((await started.ask("fine")).label, "positive");
  });

  it("answer pipelined requests in their order, refused ones too", async () => {
    const socket = await dial(started.url);
    socket.write(requestText(body) + requestText("{") + requestText(body));
    deepEqual(await readStatuses(socket, 3), [200, 400, 200]);
    socket.destroy();
  });

  it("go on after a body of 8 MiB and a byte was refused", async () => {
    const socket = await dial(started.url);
    socket.write(requestText("x".repeat(8 * 1024 * 1024 + 1)) + requestText(body));
    deepEqual(await readStatuses(socket, 2), [413, 200]);
    socket.destroy();
  });

  it("go on after a large body for a model that is not there", async () => {
    const socket = await dial(started.url);
    const unknown = requestText("x".repeat(1024 * 1024)).replace("/care/", "/nobody/");
    socket.write(unknown + requestText(body));
    deepEqual(await readStatuses(socket, 2), [404, 200]);
    socket.destroy();
  });

  it("spare the sending of a body that is announced as too large", async () => {
    const socket = await dial(started.url);
    const [head = ""] = requestText("x".repeat(9_000_000), ["expect: 100-continue"]).split("\r\n\r\n");
    socket.write(`${head}\r\n\r\n`);
    deepEqual(await readStatuses(socket, 1), [413]);
    socket.destroy();
  });

  it("are answered 400 for what is no HTTP", async () => {
    const socket = await dial(started.url);
    socket.write("what is this\r\n\r\n");
    deepEqual(await readStatuses(socket, 1), [400]);
    equal((await started.ask("fine")).label, "positive");
  });
});
