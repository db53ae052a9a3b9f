import { flatten, pythonText } from "#protocols/dvc";
import type { Change, Measures, YamlValue } from "#protocols/dvc";

import { tableText } from "./table.ts";

/** A value in a table: floats rounded if asked for, otherwise as Python tells them. */
export function fieldText(value: YamlValue | undefined, digits: number | undefined): string {
  if (value === null || value === undefined) return "-";
  if (typeof value === "number" && digits !== undefined && Number.isFinite(value))
    return pythonText(Number(value.toFixed(digits)));
  return pythonText(value);
}

export interface DiffTable {
  readonly title: "Metric" | "Param";
  readonly before: string;
  readonly after: string;
  readonly isWithoutPath: boolean;
  readonly isMarkdown: boolean;
  readonly digits: number | undefined;
}

export function diffTable(
  changes: Readonly<Record<string, Readonly<Record<string, Change>>>>,
  { title, before, after, isWithoutPath, isMarkdown, digits }: DiffTable,
): string {
  const withChange = title === "Metric";
  const headings = [
    ...(isWithoutPath ? [] : ["Path"]),
    title,
    before,
    after,
    ...(withChange ? ["Change"] : []),
  ];
  const rows = Object.entries(changes).flatMap(([path, keys]) =>
    Object.entries(keys).map(([key, change]) => [
      ...(isWithoutPath ? [] : [path]),
      key,
      fieldText(change.old, digits),
      fieldText(change.new, digits),
      ...(withChange ? [fieldText(change.diff, digits)] : []),
    ]),
  );
  return rows.length === 0 && !isMarkdown ? "" : tableText(headings, rows, isMarkdown);
}

/** A row for each file, a column for each metric of any. */
export function metricsTable(
  revisions: Readonly<Record<string, { readonly data: Measures }>>,
  isMarkdown: boolean,
  digits: number,
): string {
  const rows = Object.entries(revisions).flatMap(([revision, { data }]) =>
    Object.entries(data).map(([path, file]) => ({
      revision,
      path,
      values: flatten("data" in file ? file.data : {}),
    })),
  );
  const keys = [...new Set(rows.flatMap(({ values }) => [...values.keys()]))].toSorted();
  const hasRevisions = Object.keys(revisions).length > 1;
  return tableText(
    [...(hasRevisions ? ["Revision"] : []), "Path", ...keys],
    rows.map(({ revision, path, values }) => [
      ...(hasRevisions ? [revision] : []),
      path,
      ...keys.map((key) => fieldText(values.get(key), digits)),
    ]),
    isMarkdown,
  );
}
