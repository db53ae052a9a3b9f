import type { Signature } from "#registry/runtimes";

/** The inputs of the model to measure with: as many features as a small tabular product has. */
export const featureCount = 10;

export const linearSignature: Signature = {
  inputs: Array.from({ length: featureCount }, (_, index) => ({
    name: `feature_${index}`,
    datatype: "FP32",
    optional: false,
  })),
  labels: ["no", "yes"],
};

/**
 * A logistic regression as an ONNX file, written by hand so that the measurement needs no Python: the
 * columns are joined, multiplied by fixed weights, and softened to probabilities. Its time per call is
 * that of any small model, which is what the measurement needs of it.
 * Fields are numbered as in onnx.proto3 (ONNX IR version 8, opset 13).
 */
export function linearModel(): Uint8Array {
  const names = linearSignature.inputs.map(({ name }) => name);
  const classes = linearSignature.labels.length;
  const weights = Array.from({ length: featureCount * classes }, (_, index) => Math.sin(index + 1));
  const nodes = [
    node("Concat", names, "joined", [attribute("axis", 1)]),
    node("MatMul", ["joined", "weights"], "raw"),
    node("Add", ["raw", "bias"], "logits"),
    node("Softmax", ["logits"], "probabilities", [attribute("axis", 1)]),
  ];
  const graph = [
    ...nodes.map((one) => field(1, one)),
    text(2, "linear"),
    field(5, tensor("weights", [featureCount, classes], weights)),
    field(5, tensor("bias", [classes], [0.1, -0.1])),
    ...names.map((name) => field(11, valueInfo(name, 1))),
    field(12, valueInfo("probabilities", classes)),
  ];
  const opset = Buffer.concat([text(1, ""), integer(2, 13)]);
  return Buffer.concat([integer(1, 8), field(7, Buffer.concat(graph)), field(8, opset)]);
}

function node(type: string, inputs: readonly string[], output: string, attributes: Buffer[] = []): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, type),
    ...attributes.map((bytes) => field(5, bytes)),
  ]);
}

const attributeIsInteger = 2;

function attribute(name: string, value: number): Buffer {
  return Buffer.concat([text(1, name), integer(3, value), integer(20, attributeIsInteger)]);
}

const isFloat32 = 1;

function tensor(name: string, shape: readonly number[], values: readonly number[]): Buffer {
  const raw = Buffer.from(Float32Array.from(values).buffer);
  return Buffer.concat([
    ...shape.map((size) => integer(1, size)),
    integer(2, isFloat32),
    text(8, name),
    field(9, raw),
  ]);
}

/** A matrix of any number of rows. */
function valueInfo(name: string, columns: number): Buffer {
  const shape = Buffer.concat([field(1, text(2, "rows")), field(1, integer(1, columns))]);
  const type = Buffer.concat([integer(1, isFloat32), field(2, shape)]);
  return Buffer.concat([text(1, name), field(2, field(1, type))]);
}

function text(number: number, value: string): Buffer {
  return field(number, Buffer.from(value));
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function integer(number: number, value: number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
