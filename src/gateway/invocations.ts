import type { Signature } from "#registry/runtimes";

import { addColumn, requireRows } from "./columns.ts";
import type { Column, Columns } from "./columns.ts";
import { invalid, requireList, requireObject } from "./parse.ts";
import type { Answered } from "./predict.ts";

const forms = "one of dataframe_split, dataframe_records, instances, inputs";

/**
 * MLflow's scoring protocol: exactly one of `dataframe_split`, `dataframe_records`, `instances` or
 * `inputs` in, `{"predictions": …}` out. Source: mlflow/pyfunc/scoring_server/__init__.py.
 */
export function parseInvocation(body: unknown, signature: Signature): Columns {
  const named = Object.entries(requireObject(body, "the body")).filter(([name]) => name !== "params");
  const [entry] = named;
  if (entry === undefined || named.length !== 1) {
    const found = named.map(([name]) => name);
    throw invalid("the body", forms, found);
  }
  const [form, value] = entry;
  switch (form) {
    case "dataframe_split":
      return readSplit(value);
    case "dataframe_records":
      return readRecords(requireList(value, form), form, undefined);
    case "instances":
    case "inputs":
      return Array.isArray(value)
        ? readRecords(value, form, onlyInput(signature))
        : readColumns(requireObject(value, form), form);
    default:
      throw invalid("the body", forms, form);
  }
}

function readSplit(value: unknown): Columns {
  const split = requireObject(value, "dataframe_split");
  const names = requireList(split["columns"], "dataframe_split.columns");
  const lines = requireList(split["data"], "dataframe_split.data");
  requireRows(lines.length);
  const cells = lines.map((line, row) => {
    const path = `dataframe_split.data[${row}]`;
    const values = requireList(line, path);
    if (values.length === names.length) return values;
    throw invalid(path, `a list of ${names.length} values, one a column`, values);
  });
  const columns = new Map<string, Column>();
  for (const [index, name] of names.entries()) {
    const path = `dataframe_split.columns[${index}]`;
    if (typeof name !== "string") throw invalid(path, "a name", name);
    const values = cells.map((line) => line[index]);
    const pathOf = (row: number): string => `dataframe_split.data[${row}][${index}]`;
    addColumn(columns, { name, datatype: undefined, values, path: pathOf }, path);
  }
  return columns;
}

/** Bare values stand for the model's only input, where it has just one. */
function readRecords(items: readonly unknown[], form: string, bareName: string | undefined): Columns {
  requireRows(items.length);
  const records = items.map((item, row) =>
    bareName !== undefined && (typeof item !== "object" || item === null)
      ? { [bareName]: item }
      : requireObject(item, `${form}[${row}]`),
  );
  const columns = new Map<string, Column>();
  for (const name of new Set(records.flatMap((record) => Object.keys(record)))) {
    const values = records.map((record) => (Object.hasOwn(record, name) ? record[name] : undefined));
    const path = (row: number): string => `${form}[${row}].${name}`;
    addColumn(columns, { name, datatype: undefined, values, path }, form);
  }
  return columns;
}

function onlyInput(signature: Signature): string | undefined {
  const required = signature.inputs.filter((input) => !input.optional);
  return required.length === 1 ? required[0]?.name : undefined;
}

function readColumns(lists: Readonly<Record<string, unknown>>, form: string): Columns {
  const columns = new Map<string, Column>();
  for (const [name, list] of Object.entries(lists)) {
    const path = `${form}.${name}`;
    const values = requireList(list, path);
    requireRows(values.length);
    const pathOf = (row: number): string => `${path}[${row}]`;
    addColumn(columns, { name, datatype: undefined, values, path: pathOf }, path);
  }
  return columns;
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
