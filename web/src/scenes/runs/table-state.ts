import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { RunColumn, ViewState } from "../../data/runs.ts";

/** Everything that decides what the table of runs shows. It stands in the URL, and in a saved view. */
export interface TableState {
  filter: string;
  /** A column, `-` in front for descending. */
  sort: string;
  /** Ids of columns in their order; undefined: the usual ones. */
  columns: readonly string[] | undefined;
  pinned: readonly string[];
  group: string;
  open: readonly string[];
  onlyDifferent: boolean;
  state: "active" | "deleted";
}

/** The state in the URL, and how to change it. */
export function useTableState(): [TableState, (change: Partial<TableState>) => void] {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const { filter = "", sort = "-started", columns, pinned, group = "", open, diff, state } = search;
  const table = useMemo<TableState>(
    () => ({
      filter,
      sort,
      columns: columns?.split(","),
      pinned: pinned?.split(",") ?? [],
      group,
      open: open?.split("~") ?? [],
      onlyDifferent: diff === true,
      state: state === "deleted" ? "deleted" : "active",
    }),
    [filter, sort, columns, pinned, group, open, diff, state],
  );
  const change = useCallback(
    (changed: Partial<TableState>) => {
      void navigate({
        to: ".",
        search: (before: Record<string, unknown>) => ({ ...before, ...toSearch(changed) }),
        replace: true,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [table, change];
}

function toSearch(change: Partial<TableState>): Record<string, unknown> {
  const search: Record<string, unknown> = {};
  if ("filter" in change) search["filter"] = change.filter || undefined;
  if ("sort" in change) search["sort"] = change.sort === "-started" ? undefined : change.sort;
  if ("columns" in change) search["columns"] = change.columns?.join();
  if ("pinned" in change) search["pinned"] = change.pinned?.join() || undefined;
  if ("group" in change) search["group"] = change.group || undefined;
  if ("open" in change) search["open"] = change.open?.length ? change.open.join("~") : undefined;
  if ("onlyDifferent" in change) search["diff"] = change.onlyDifferent || undefined;
  if ("state" in change) search["state"] = change.state === "deleted" ? "deleted" : undefined;
  return search;
}

/** The state as a saved view keeps it. */
export function toView(table: TableState): ViewState {
  return {
    ...(table.filter ? { filter: table.filter } : {}),
    ...(table.sort === "-started" ? {} : { order: table.sort }),
    ...(table.columns ? { columns: [...table.columns] } : {}),
    ...(table.pinned.length > 0 ? { pinned: [...table.pinned] } : {}),
    ...(table.group ? { group: table.group } : {}),
    ...(table.onlyDifferent ? { onlyDifferent: true } : {}),
  };
}

/** All of the table's state as a view says it; what the view is silent about is as usual. */
export function fromView(view: ViewState): Partial<TableState> {
  return {
    filter: view.filter ?? "",
    sort: view.order ?? "-started",
    columns: view.columns,
    pinned: view.pinned ?? [],
    group: view.group ?? "",
    open: [],
    onlyDifferent: view.onlyDifferent ?? false,
  };
}

/** A name in the language of filters: quoted with backticks where it needs it. */
export function fieldName(id: string): string {
  const dot = id.indexOf(".");
  const key = id.slice(dot + 1);
  return /^[\p{L}\p{N}_.\-/:]+$/u.test(key) ? id : `${id.slice(0, dot)}.\`${key}\``;
}

const attributes: Readonly<Record<string, string>> = {
  name: "run_name",
  status: "status",
  started: "start_time",
  ended: "end_time",
  who: "user_id",
  id: "run_id",
};

/** The order as the server reads it. */
export function toOrder(sort: string): string {
  const id = sort.replace(/^-/, "");
  const name = attributes[id] ?? fieldName(id);
  return `${name} ${sort.startsWith("-") ? "DESC" : "ASC"}`;
}

/** Whether rows can be ordered by a column: what is computed from others, or drawn, cannot. */
export function isSortable(id: string): boolean {
  return id in attributes || /^(metrics|params|tags)\./.test(id);
}

/** The columns that the server must load for these. */
export function toFields(columns: readonly string[]): string[] {
  return columns.filter((id) => /^(metrics|params|tags)\./.test(id));
}

/** What is shown until somebody chooses: what most runs have. */
export function usualColumns(found: readonly RunColumn[]): string[] {
  const common = (kind: RunColumn["kind"], many: number, prefix: string) =>
    found
      .filter((column) => column.kind === kind)
      .slice(0, many)
      .map((column) => `${prefix}.${column.key}`);
  return ["status", "started", "took", ...common("metric", 4, "metrics"), ...common("param", 3, "params")];
}

/** The filter narrowed to the runs of one group. */
export function withinGroup(filter: string, group: string, value: string | null): string {
  const name = attributes[group] ?? fieldName(group);
  const own = value === null ? `${name} is null` : `${name} = '${value.replaceAll("'", "''")}'`;
  return filter === "" ? own : `(${filter}) and ${own}`;
}

/** Words without an operator are looked for in the names of runs. */
export function toFilter(text: string): string {
  const plain = text.trim();
  if (plain === "" || /[=<>'"`()]|\b(like|ilike|in|is)\b/i.test(plain)) return plain;
  return `run_name ilike '%${plain.replaceAll("'", "''")}%'`;
}
