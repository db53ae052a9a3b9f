import { queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

export interface Run {
  id: string;
  name: string;
  experimentId: string;
  status: "running" | "finished" | "failed" | "killed" | "scheduled";
  startedAtMs: number;
  endedAtMs: number | null;
  actor: string;
  userName: string;
  params: Record<string, string>;
  /** The last value of each; null stands for not a number. */
  metrics: Record<string, number | null>;
  tags: Record<string, string>;
}

export interface RunDetail extends Run {
  experimentName: string;
  inputs: { name: string; digest: string; sourceType: string; source: string; context: string | null }[];
  state: "active" | "deleted";
  models: { id: string; name: string; modelType: string; status: string; step: number }[];
  parentRunId: string | null;
  children: Run[];
}

/** A metric of a run in few stretches; every stretch keeps its extremes, and null stands for not a number. */
export interface Series {
  run: string;
  key: string;
  axis: "step" | "time";
  /** How many points were logged in the stretch asked for. */
  points: number;
  step: number[];
  atMs: number[];
  min: (number | null)[];
  max: (number | null)[];
  last: (number | null)[];
  count: number[];
}

export interface SeriesSearch {
  runs: readonly string[];
  metrics: readonly string[];
  points: number;
  axis?: "step" | "time" | "relative" | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

/** Which runs a table is about. */
export interface RunSearch {
  filter?: string | undefined;
  state?: "active" | "deleted" | "all" | undefined;
}

export interface RunColumn {
  kind: "param" | "metric" | "tag";
  key: string;
  runs: number;
}

export interface RunGroup {
  /** Null for the runs that have none. */
  value: string | null;
  runs: number;
  newestMs: number;
}

/** How the table is looked at; what is absent is as usual. */
export interface ViewState {
  filter?: string;
  order?: string;
  columns?: string[];
  pinned?: string[];
  group?: string;
  onlyDifferent?: boolean;
}

export interface RunView {
  id: string;
  name: string;
  state: ViewState;
  owner: string;
  isShared: boolean;
  updatedAtMs: number;
}

export interface ComparedRow<Value> {
  key: string;
  /** One a run, in the order of the runs. */
  values: (Value | null)[];
  differs: boolean;
}

export interface Comparison {
  runs: Run[];
  params: ComparedRow<string>[];
  metrics: ComparedRow<number>[];
  tags: ComparedRow<string>[];
}

/** The beginning of a file, or how the browser shows it. */
export interface Preview {
  kind: "text" | "json" | "markdown" | "table" | "image" | "page" | "none";
  sizeBytes: number;
  digest: string;
  text?: string;
  columns?: string[];
  rows?: (string | number | boolean | null)[][];
  isCut: boolean;
}

export interface Artifact {
  path: string;
  isFolder: boolean;
  sizeBytes: number | null;
  digest: string | null;
}

/** Runs asked for at once. A table of any length is made of such blocks. */
export const blockSize = 100;

/** One block of the table: the runs from `block * blockSize` on, with the chosen fields only. */
export function runBlockQuery(
  project: string,
  search: RunSearch & { order: string; fields: readonly string[] },
  block: number,
) {
  const { fields, ...rest } = search;
  const key = { ...rest, block };
  return queryOptions({
    queryKey: [project, "runs", "block", key, fields.join()],
    queryFn: ({ signal }) =>
      request<{ runs: Run[]; total: number | null }>(
        projectPath(project, "runs") +
          query({
            ...rest,
            fields: fields.length === 0 ? "none" : fields.join(),
            skip: block * blockSize,
            limit: blockSize,
            total: block === 0 ? true : undefined,
          }),
        { signal },
      ),
    // Other columns of the same rows: the rows stay while the new cells come.
    placeholderData: (before, query) =>
      JSON.stringify(query?.queryKey[3]) === JSON.stringify(key) ? before : undefined,
  });
}

export function runGroupsQuery(project: string, search: RunSearch, by: string) {
  return queryOptions({
    queryKey: [project, "runs", "groups", search, by],
    queryFn: ({ signal }) =>
      request<{ groups: RunGroup[]; total: number }>(
        projectPath(project, "runs", "groups") + query({ ...search, by }),
        { signal },
      ),
  });
}

/** Which columns there are. While only the newest runs have been counted, it is asked again. */
export function runColumnsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "run-columns"],
    queryFn: ({ signal }) =>
      request<{ runs: number; complete: boolean; columns: RunColumn[] }>(
        projectPath(project, "runs", "columns"),
        { signal },
      ),
    refetchInterval: ({ state }) => (state.data?.complete === false ? 2_000 : false),
  });
}

export function runViewsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "run-views"],
    queryFn: ({ signal }) => request<{ views: RunView[] }>(projectPath(project, "runs", "views"), { signal }),
  });
}

export function saveView(
  project: string,
  view: { name: string; state: ViewState; isShared: boolean },
): Promise<{ view: RunView }> {
  return request(projectPath(project, "runs", "views"), { method: "PUT", body: view });
}

export function deleteView(project: string, id: string): Promise<void> {
  return request(projectPath(project, "runs", "views", id), { method: "DELETE" });
}

export type BulkOrder =
  | { action: "delete" | "restore" }
  | { action: "tag"; key: string; value: string }
  | { action: "untag"; key: string };

export function changeRuns(
  project: string,
  ids: readonly string[],
  order: BulkOrder,
): Promise<{ runs: number }> {
  const isAboutState = order.action === "delete" || order.action === "restore";
  const path = projectPath(project, "runs", isAboutState ? "bulk-state" : "bulk");
  return request(path, { method: "POST", body: { ids, order } });
}

/** Several runs in columns: those named, or the first that a filter finds. */
export function comparisonQuery(
  project: string,
  which: { ids?: readonly string[] | undefined; filter?: string | undefined; order?: string | undefined },
) {
  const body = which.ids === undefined ? { filter: which.filter, order: which.order } : { ids: which.ids };
  return queryOptions({
    queryKey: [project, "runs", "compare", body],
    queryFn: ({ signal }) =>
      request<Comparison>(projectPath(project, "runs", "compare"), { method: "POST", body, signal }),
  });
}

export function runQuery(project: string, run: string) {
  return queryOptions({
    queryKey: [project, "runs", run],
    queryFn: ({ signal }) => request<RunDetail>(projectPath(project, "runs", run), { signal }),
  });
}

/** Several metrics of several runs. A zoom is the same question about a stretch. */
export function seriesQuery(project: string, search: SeriesSearch) {
  const { runs, metrics, ...rest } = search;
  return queryOptions({
    queryKey: [project, "runs", "series", search],
    queryFn: ({ signal }) =>
      request<{ series: Series[] }>(
        projectPath(project, "runs", "series") +
          query({ runs: runs.join(), metrics: metrics.join(), ...rest }),
        { signal },
      ),
  });
}

export function artifactsQuery(project: string, run: string, path: string) {
  return queryOptions({
    queryKey: [project, "runs", run, "artifacts", path],
    queryFn: ({ signal }) =>
      request<{ entries: Artifact[] }>(projectPath(project, "runs", run, "artifacts") + query({ path }), {
        signal,
      }),
  });
}

export function previewQuery(project: string, run: string, path: string) {
  return queryOptions({
    queryKey: [project, "runs", run, "preview", path],
    queryFn: ({ signal }) =>
      request<Preview>(projectPath(project, "runs", run, "artifacts", "preview") + query({ path }), {
        signal,
      }),
  });
}

/** An HTML file as a page of an origin of its own. */
export function artifactPageHref(project: string, run: string, path: string): string {
  return projectPath(project, "runs", run, "artifacts", "page") + query({ path });
}

export function artifactHref(project: string, run: string, path: string): string {
  return projectPath(project, "runs", run, "artifacts", "content") + query({ path });
}
