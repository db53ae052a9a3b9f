import type { InferenceSession, Tensor } from "onnxruntime-node";

import type { Datatype, Row, RunnableModel, Scored, Signature, SignatureInput } from "./index.ts";

/**
 * Opens an ONNX classifier as `skl2onnx` writes it with `zipmap` off: one input of shape [n, 1] per
 * column of the signature, a label output, and an [n, classes] output of probabilities in the order of
 * the signature's labels.
 *
 * One thread: a small model answers in microseconds, and several sessions with a pool each would fight
 * for the cores (measured by others, see onnxruntime#20599).
 */
export async function openOnnxModel(
  source: string | Uint8Array,
  signature: Signature,
): Promise<RunnableModel> {
  // Loaded on first use: 60 MB that a server which serves rules only never needs.
  const runtime = await import("onnxruntime-node");
  runtime.env.logLevel = "fatal";
  const options: InferenceSession.SessionOptions = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: silent,
  };
  const session =
    typeof source === "string"
      ? await runtime.InferenceSession.create(source, options)
      : await runtime.InferenceSession.create(source, options);
  try {
    requireSignature(session, signature);
  } catch (error) {
    await session.release();
    throw error;
  }

  return {
    signature,
    async score(rows) {
      if (rows.length === 0) return [];
      const feeds = Object.fromEntries(
        signature.inputs.map((input) => [input.name, column(runtime.Tensor, input, rows)]),
      );
      return readAnswers(await session.run(feeds), signature, rows.length);
    },
    close: () => session.release(),
  };
}

/** Its own lines on standard error are for nobody: what it refuses is thrown, and told in our words. */
const silent = 4;

/** The file and the signature must name the same inputs, of the same types: no column is guessed or left out. */
function requireSignature(session: InferenceSession, signature: Signature): void {
  const named = new Map(signature.inputs.map((input) => [input.name, input.datatype]));
  for (const input of session.inputMetadata) {
    const datatype = named.get(input.name);
    if (datatype === undefined) throw mismatch(`takes the input "${input.name}", which the signature lacks`);
    const expected = tensorTypes[datatype];
    if (input.isTensor && input.type !== expected) {
      throw mismatch(`takes "${input.name}" as ${input.type}, which the signature calls ${datatype}`);
    }
    named.delete(input.name);
  }
  const [left] = named.keys();
  if (left !== undefined) throw mismatch(`does not take the input "${left}" of the signature`);
  const classes = signature.labels.length;
  const isOfClasses = session.outputMetadata.some(
    (output) =>
      output.isTensor && output.type.startsWith("float") && [classes, "?"].includes(widthOf(output.shape)),
  );
  if (!isOfClasses) throw mismatch(`gives no probabilities for ${classes} labels: export it with zipmap off`);
}

/** The second dimension of a matrix, "?" where the file leaves it open. */
function widthOf(shape: readonly (number | string)[]): number | string {
  const [, width] = shape;
  return typeof width === "number" ? width : "?";
}

function mismatch(reason: string): Error {
  return new Error(`the model's file ${reason}`);
}

const tensorTypes: Readonly<Record<Datatype, string>> = {
  BYTES: "string",
  FP32: "float32",
  FP64: "float64",
  INT64: "int64",
  BOOL: "bool",
};

function column(TensorOf: typeof Tensor, input: SignatureInput, rows: readonly Row[]): Tensor {
  const shape = [rows.length, 1];
  const values = rows.map((row) => row[input.name] ?? null);
  switch (input.datatype) {
    case "BYTES":
      return new TensorOf(
        "string",
        values.map((value) => (value === null ? "" : String(value))),
        shape,
      );
    case "FP32":
      return new TensorOf("float32", Float32Array.from(values, toNumber), shape);
    case "FP64":
      return new TensorOf("float64", Float64Array.from(values, toNumber), shape);
    case "INT64":
      return new TensorOf(
        "int64",
        BigInt64Array.from(values, (value) => BigInt(Math.trunc(toNumber(value)))),
        shape,
      );
    case "BOOL":
      return new TensorOf(
        "bool",
        Uint8Array.from(values, (value) => (value === true || value === 1 ? 1 : 0)),
        shape,
      );
  }
}

/** A missing number is NaN, which is what models are trained with. */
function toNumber(value: Row[string]): number {
  return value === null || value === undefined ? Number.NaN : Number(value);
}

function readAnswers(
  outputs: InferenceSession.OnnxValueMapType,
  signature: Signature,
  rows: number,
): Scored[] {
  const classes = signature.labels.length;
  const scores = findProbabilities(outputs, rows * classes);
  return Array.from({ length: rows }, (_, row) => {
    const probabilities = Array.from(scores.subarray(row * classes, (row + 1) * classes));
    if (!probabilities.every(Number.isFinite)) throw new Error("the model answers a row with no number");
    return { label: signature.labels[indexOfLargest(probabilities)] ?? "", probabilities };
  });
}

type FloatArray = Float32Array | Float64Array;

function findProbabilities(outputs: InferenceSession.OnnxValueMapType, length: number): FloatArray {
  for (const output of Object.values(outputs)) {
    const { data } = output;
    if ((data instanceof Float32Array || data instanceof Float64Array) && data.length === length) return data;
  }
  throw new Error(`no output holds ${length} probabilities: export the model with zipmap off`);
}

function indexOfLargest(values: readonly number[]): number {
  let best = 0;
  for (const [index, value] of values.entries()) if (value > (values[best] ?? 0)) best = index;
  return best;
}
