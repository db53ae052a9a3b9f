import type { Variant } from "#serving/routing";

import { addColumn, requireRows, tensorDatatypes } from "./columns.ts";
import type { Column, Columns, TensorDatatype } from "./columns.ts";
import { invalid, mustBe, requireList, requireObject } from "./parse.ts";
import type { Answered } from "./predict.ts";

/**
 * The JSON form of the Open Inference Protocol ("KServe V2"): parsing a request into columns and
 * presenting the answers. Source: kserve/open-inference-protocol, specification/protocol/inference_rest.md.
 */
export interface InferenceRequest {
  readonly id: string | undefined;
  readonly columns: Columns;
  /** The outputs that were asked for; undefined: all. */
  readonly outputs: ReadonlySet<string> | undefined;
}

export function parseInferenceRequest(body: unknown): InferenceRequest {
  const { id, inputs, outputs } = requireObject(body, "the body");
  if (id !== undefined && typeof id !== "string") throw invalid("id", "a text", id);
  const columns = new Map<string, Column>();
  for (const [index, tensor] of requireList(inputs, "inputs").entries()) {
    const path = `inputs[${index}]`;
    addColumn(columns, parseTensor(tensor, path), path);
  }
  return { id, columns, outputs: outputs === undefined ? undefined : parseOutputs(outputs) };
}

function parseTensor(value: unknown, path: string): Column {
  const { name, shape, datatype, data, parameters } = requireObject(value, path);
  if (typeof name !== "string") throw invalid(`${path}.name`, "a name", name);
  if (!isTensorDatatype(datatype)) {
    throw invalid(`${path}.datatype`, `one of ${tensorDatatypes.join(", ")}`, datatype);
  }
  if (data === undefined && parameters !== undefined && isBinary(parameters)) {
    throw mustBe(`${path}.data`, "in the JSON: binary tensors are not taken");
  }
  const sizes = requireShape(shape, path);
  requireRows(sizes[0] ?? 0);
  const values = flatten(requireList(data, `${path}.data`), sizes.length);
  if (values.length !== sizes[0]) {
    throw invalid(`${path}.data`, `${sizes[0]} elements, as the shape says`, values.length);
  }
  return { name, datatype, values, path: (row) => `${path}.data[${row}]` };
}

function isBinary(parameters: unknown): boolean {
  return typeof parameters === "object" && parameters !== null && "binary_data_size" in parameters;
}

function requireShape(shape: unknown, path: string): readonly number[] {
  const sizes: unknown[] = Array.isArray(shape) ? shape : [];
  const isShape =
    sizes.length > 0 &&
    sizes.every((size) => typeof size === "number" && Number.isInteger(size) && size >= 0);
  if (!isShape) throw invalid(`${path}.shape`, "a list of whole numbers, such as [2] or [2, 1]", shape);
  if (sizes.slice(1).some((size) => size !== 1)) {
    throw invalid(`${path}.shape`, "one value a row: [rows] or [rows, 1]", shape);
  }
  return sizes.map(Number);
}

/** Tensors come flat or nested as their shape; deeper lists stay, and are refused as elements. */
function flatten(data: readonly unknown[], dimensions: number): readonly unknown[] {
  return dimensions > 1 && data.some(Array.isArray) ? data.flat(Math.min(dimensions, 4) - 1) : data;
}

function isTensorDatatype(value: unknown): value is TensorDatatype {
  return tensorDatatypes.some((one) => one === value);
}

const outputNames = ["label", "decision", "probabilities", "prediction_id"];

function parseOutputs(outputs: unknown): ReadonlySet<string> {
  const names = requireList(outputs, "outputs").map((output, index) => {
    const { name } = requireObject(output, `outputs[${index}]`);
    if (typeof name === "string" && outputNames.includes(name)) return name;
    throw invalid(`outputs[${index}].name`, `one of ${outputNames.join(", ")}`, name);
  });
  return new Set(names);
}

/** The response: label, decision and one probability per class; which version answered, and under which ids. */
export function presentInference(
  name: string,
  id: string,
  wanted: InferenceRequest["outputs"],
  variant: Variant,
  answers: readonly Answered[],
): Readonly<Record<string, unknown>> {
  const shape = [answers.length];
  const { labels } = variant.signature;
  const outputs = [
    { name: "label", datatype: "BYTES", shape, data: answers.map((one) => one.scored.label) },
    { name: "decision", datatype: "BOOL", shape, data: answers.map((one) => one.decision) },
    {
      name: "probabilities",
      datatype: "FP64",
      shape: [answers.length, labels.length],
      parameters: { classes: JSON.stringify(labels) },
      data: answers.flatMap((one) => one.scored.probabilities),
    },
    { name: "prediction_id", datatype: "BYTES", shape, data: answers.map((one) => one.predictionId) },
  ];
  return {
    model_name: name,
    model_version: String(variant.number),
    id,
    parameters: {
      model_version_id: variant.modelVersionId,
      release: variant.releaseId,
      ...(answers.length === 1 ? { prediction_id: answers[0]?.predictionId } : {}),
    },
    outputs: wanted === undefined ? outputs : outputs.filter((output) => wanted.has(output.name)),
  };
}

/** The answer to `GET /v2/models/<name>`. */
export function presentMetadata(
  name: string,
  variant: Variant,
  versions: readonly string[],
): Readonly<Record<string, unknown>> {
  return {
    name,
    versions,
    platform: variant.kind === "onnx" ? "onnxruntime_onnx" : "gyre_rule",
    inputs: variant.signature.inputs.map((input) => ({
      name: input.name,
      datatype: input.datatype,
      shape: [-1],
    })),
    outputs: [
      { name: "label", datatype: "BYTES", shape: [-1] },
      { name: "decision", datatype: "BOOL", shape: [-1] },
      { name: "probabilities", datatype: "FP64", shape: [-1, variant.signature.labels.length] },
      { name: "prediction_id", datatype: "BYTES", shape: [-1] },
    ],
  };
}
