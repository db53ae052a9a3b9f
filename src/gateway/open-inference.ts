import { Problem } from "#kernel/errors";
import type { Datatype, Row, Scored, Signature, SignatureInput, Value } from "#registry/runtimes";

import { invalid } from "./parse.ts";
import { problems } from "./problems.ts";
import type { Variant } from "#serving/routing";

/**
 * The JSON form of the Open Inference Protocol ("KServe V2"): parsing a request into rows and presenting
 * the answers. Source: kserve/open-inference-protocol, specification/protocol/inference_rest.md.
 */
export interface InferenceRequest {
  readonly id: string | undefined;
  readonly rows: readonly Row[];
  /** Extra columns that are no inputs of the model, such as the unit: kept for the log. */
  readonly extras: readonly Row[];
}

const maximumRows = 10_000;

export function parseInferenceRequest(body: unknown, signature: Signature): InferenceRequest {
  const request = requireObject(body, "the body");
  const id = request["id"];
  if (id !== undefined && typeof id !== "string") throw invalid("id", "a string", id);
  const tensors = request["inputs"];
  if (!Array.isArray(tensors)) throw invalid("inputs", "a list of tensors", tensors);
  const columns = tensors.map((tensor: unknown, index) => parseTensor(tensor, `inputs[${index}]`, signature));
  requireNamedOnce(columns);
  for (const input of signature.inputs) {
    if (!input.optional && !columns.some((column) => column.name === input.name)) {
      throw invalid(
        "inputs",
        `a tensor named "${input.name}" (${input.datatype})`,
        columns.map((one) => one.name),
      );
    }
  }
  const rows = columns[0]?.values.length ?? 0;
  const uneven = columns.find((column) => column.values.length !== rows);
  if (uneven !== undefined) {
    throw invalid(
      `inputs "${uneven.name}"`,
      `${rows} elements like "${columns[0]?.name}"`,
      uneven.values.length,
    );
  }
  if (rows > maximumRows) {
    throw new Problem(problems.prediction_too_large, {
      message: `The request asks for ${rows} rows; ${maximumRows} fit in one.`,
    });
  }
  const known = new Set(signature.inputs.map((input) => input.name));
  const pick = (wanted: (name: string) => boolean): Row[] =>
    Array.from({ length: rows }, (_, row) =>
      Object.fromEntries(
        columns
          .filter((column) => wanted(column.name))
          .map((column) => [column.name, column.values[row] ?? null]),
      ),
    );
  return { id, rows: pick((name) => known.has(name)), extras: pick((name) => !known.has(name)) };
}

interface Column {
  readonly name: string;
  readonly values: readonly Value[];
}

function parseTensor(value: unknown, path: string, signature: Signature): Column {
  const tensor = requireObject(value, path);
  const { name, shape, datatype, data } = tensor;
  if (typeof name !== "string" || name === "") throw invalid(`${path}.name`, "a name", name);
  if (!isDatatype(datatype)) throw invalid(`${path}.datatype`, `one of ${datatypes.join(", ")}`, datatype);
  const input = signature.inputs.find((one) => one.name === name);
  if (input !== undefined && !accepts(input, datatype)) {
    throw invalid(`${path}.datatype`, `${input.datatype} for "${name}"`, datatype);
  }
  const elements = requireShape(shape, path);
  if (!Array.isArray(data)) throw invalid(`${path}.data`, "a list", data);
  const flat: unknown[] = data.flat(Number.POSITIVE_INFINITY);
  if (flat.length !== elements) {
    throw invalid(`${path}.data`, `${elements} elements, as the shape says`, flat.length);
  }
  return {
    name,
    values: flat.map((element, index) => parseElement(element, datatype, `${path}.data[${index}]`)),
  };
}

function requireShape(shape: unknown, path: string): number {
  if (
    !Array.isArray(shape) ||
    shape.length === 0 ||
    !shape.every((size) => Number.isInteger(size) && size >= 0)
  ) {
    throw invalid(`${path}.shape`, "a list of whole numbers, such as [2] or [2, 1]", shape);
  }
  const sizes = shape.map(Number);
  if (sizes.slice(1).some((size) => size !== 1)) {
    throw invalid(`${path}.shape`, "one value per row: [rows] or [rows, 1]", shape);
  }
  return sizes[0] ?? 0;
}

const datatypes = ["BYTES", "FP32", "FP64", "INT64", "BOOL", "INT32", "INT16", "INT8"] as const;

function isDatatype(value: unknown): value is (typeof datatypes)[number] {
  return datatypes.some((one) => one === value);
}

const numeric: ReadonlySet<string> = new Set(["FP32", "FP64", "INT64", "INT32", "INT16", "INT8"]);

/** A number may come as any datatype of numbers; texts and truth values only as what they are. */
function accepts(input: SignatureInput, datatype: string): boolean {
  return input.datatype === datatype || (numeric.has(input.datatype) && numeric.has(datatype));
}

function parseElement(element: unknown, datatype: Datatype | string, path: string): Value {
  if (element === null) return null;
  if (datatype === "BYTES") {
    if (typeof element === "string") return element;
    throw invalid(path, "a text", element);
  }
  if (datatype === "BOOL") {
    if (typeof element === "boolean") return element;
    throw invalid(path, "true or false", element);
  }
  if (typeof element === "number" && (datatype.startsWith("FP") || Number.isSafeInteger(element)))
    return element;
  throw invalid(path, datatype.startsWith("FP") ? "a number" : "a whole number within 2^53", element);
}

function requireNamedOnce(columns: readonly Column[]): void {
  const names = columns.map((column) => column.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid("inputs", `one tensor named "${twice}"`, "two");
}

function requireObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw invalid(path, "an object", value);
}

export interface Answered {
  readonly scored: Scored;
  readonly decision: boolean;
  readonly predictionId: string;
}

/** The response: label, decision and one probability per class; which version answered, and under which ids. */
export function presentInference(
  name: string,
  id: string,
  variant: Variant,
  answers: readonly Answered[],
): Readonly<Record<string, unknown>> {
  const shape = [answers.length];
  const labels = variant.signature.labels;
  return {
    model_name: name,
    model_version: String(variant.number),
    id,
    parameters: {
      model_version_id: variant.modelVersionId,
      release: variant.releaseId,
      ...(answers.length === 1 ? { prediction_id: answers[0]?.predictionId } : {}),
    },
    outputs: [
      { name: "label", datatype: "BYTES", shape, data: answers.map((one) => one.scored.label) },
      { name: "decision", datatype: "BOOL", shape, data: answers.map((one) => one.decision) },
      {
        name: "probabilities",
        datatype: "FP64",
        shape: [answers.length, labels.length],
        parameters: { classes: labels.join(",") },
        data: answers.flatMap((one) => one.scored.probabilities),
      },
      { name: "prediction_id", datatype: "BYTES", shape, data: answers.map((one) => one.predictionId) },
    ],
  };
}

/** The answer to `GET /v2/models/<name>`. */
export function presentMetadata(name: string, variant: Variant): Readonly<Record<string, unknown>> {
  return {
    name,
    versions: [String(variant.number)],
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
