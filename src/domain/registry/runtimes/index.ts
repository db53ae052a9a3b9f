/**
 * How the file of a model version is run: ONNX in process, or a rule. Its own door, because the gateway
 * uses it without the rest of the registry, and the parity check runs the very code that will serve.
 */
export { openOnnxModel } from "./onnx.ts";
export { openRule, parseRule } from "./rule.ts";
export type { Rule } from "./rule.ts";

export type ModelKind = "onnx" | "rule";

/** The datatypes of the Open Inference Protocol that models of ours take. */
export type Datatype = "BYTES" | "FP32" | "FP64" | "INT64" | "BOOL";

export interface SignatureInput {
  readonly name: string;
  readonly datatype: Datatype;
  /** May be absent from a request. */
  readonly optional: boolean;
}

/** What a model takes, one value per input and row, and the classes it tells apart. */
export interface Signature {
  readonly inputs: readonly SignatureInput[];
  readonly labels: readonly string[];
}

export type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;

export interface Scored {
  readonly label: string;
  /** In the order of the signature's labels; sums to 1 for a model, and need not for a rule. */
  readonly probabilities: readonly number[];
}

/** A model that answers. Rows go in as one batch; one answer per row comes out, in order. */
export interface RunnableModel {
  readonly signature: Signature;
  score(rows: readonly Row[]): Promise<readonly Scored[]>;
  close(): Promise<void>;
}
