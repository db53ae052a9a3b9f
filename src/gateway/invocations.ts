import type { Row, Signature, Value } from "#registry/runtimes";

import type { Answered } from "./open-inference.ts";
import { invalid } from "./parse.ts";

/**
 * MLflow's scoring protocol: exactly one of `dataframe_split`, `dataframe_records`, `instances` or
 * `inputs` in, `{"predictions": …}` out. Source: mlflow/pyfunc/scoring_server/__init__.py.
 */
export function parseInvocation(body: unknown, signature: Signature): { rows: Row[]; extras: Row[] } {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid("the body", "an object with dataframe_split, dataframe_records, instances or inputs", body);
  }
  const request = Object.entries(body).filter(([key]) => key !== "params");
  const [entry] = request;
  if (entry === undefined || request.length !== 1) {
    const found = request.map(([key]) => key);
    throw invalid("the body", "one of dataframe_split, dataframe_records, instances, inputs", found);
  }
  const [form, value] = entry;
  const records = readRecords(form, value, signature);
  const names = new Set(signature.inputs.map((input) => input.name));
  return {
    rows: records.map((record, row) => checkRow(record, signature, `${form}[${row}]`)),
    extras: records.map((record) =>
      Object.fromEntries(Object.entries(record).filter(([name]) => !names.has(name))),
    ),
  };
}

type Fields = Readonly<Record<string, Value>>;

function readRecords(form: string, value: unknown, signature: Signature): Fields[] {
  switch (form) {
    case "dataframe_records":
      return readList(value, form).map((record, index) => readRecord(record, `${form}[${index}]`));
    case "dataframe_split":
      return readSplit(value);
    case "instances":
    case "inputs":
      if (Array.isArray(value))
        return value.map((one, index) => readInstance(one, `${form}[${index}]`, signature));
      return readColumns(value, form);
    default:
      throw invalid("the body", "one of dataframe_split, dataframe_records, instances, inputs", form);
  }
}

function readSplit(value: unknown): Fields[] {
  const split = readObject(value, "dataframe_split");
  const columns = readList(split["columns"], "dataframe_split.columns").map(String);
  return readList(split["data"], "dataframe_split.data").map((line, row) => {
    const path = `dataframe_split.data[${row}]`;
    const values = readList(line, path);
    if (values.length !== columns.length) throw invalid(path, `${columns.length} values`, values.length);
    return Object.fromEntries(
      columns.map((name, index) => [name, readValue(values[index], `${path}[${index}]`)]),
    );
  });
}

function readInstance(value: unknown, path: string, signature: Signature): Fields {
  const [only, ...others] = signature.inputs;
  const isBare = typeof value !== "object" || value === null;
  if (isBare && only !== undefined && others.every((input) => input.optional)) {
    return { [only.name]: readValue(value, path) };
  }
  return readRecord(value, path);
}

function readColumns(value: unknown, path: string): Fields[] {
  const columns = Object.entries(readObject(value, path)).map(
    ([name, values]) => [name, readList(values, `${path}.${name}`)] as const,
  );
  const rows = columns[0]?.[1].length ?? 0;
  for (const [name, values] of columns) {
    if (values.length !== rows)
      throw invalid(`${path}.${name}`, `${rows} values like the others`, values.length);
  }
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      columns.map(([name, values]) => [name, readValue(values[row], `${path}.${name}[${row}]`)]),
    ),
  );
}

function readRecord(value: unknown, path: string): Fields {
  return Object.fromEntries(
    Object.entries(readObject(value, path)).map(([name, one]) => [name, readValue(one, `${path}.${name}`)]),
  );
}

/** Every required input is there and of its type. */
function checkRow(record: Fields, signature: Signature, path: string): Row {
  const row: Record<string, Value> = {};
  for (const { name, datatype, optional } of signature.inputs) {
    const value = record[name] ?? null;
    if (value === null && !optional && !(name in record))
      throw invalid(`${path}.${name}`, datatype, undefined);
    const fits =
      value === null ||
      (datatype === "BYTES"
        ? typeof value === "string"
        : datatype === "BOOL"
          ? typeof value === "boolean"
          : typeof value === "number");
    if (!fits) throw invalid(`${path}.${name}`, datatype === "BYTES" ? "a text" : datatype, value);
    row[name] = value;
  }
  return row;
}

function readObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw invalid(path, "an object", value);
}

function readList(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(path, "a list", value);
}

function readValue(value: unknown, path: string): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  throw invalid(path, "a text, a number, true or false", value);
}

export function presentInvocation(answers: readonly Answered[]): Readonly<Record<string, unknown>> {
  return {
    predictions: answers.map((answer) => ({
      label: answer.scored.label,
      decision: answer.decision,
      prediction_id: answer.predictionId,
    })),
  };
}
