import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";
import type { Run } from "./runs.ts";

export interface Experiment {
  id: string;
  name: string;
}

/** A set of questions and expected answers by which an application is judged. */
export interface EvaluationDataset {
  id: string;
  name: string;
  digest: string;
  records: number;
  tags: Record<string, string>;
  experimentIds: string[];
  createdAtMs: number;
  updatedAtMs: number;
  createdBy: string | null;
  updatedBy: string | null;
}

export interface EvaluationDatasetDetail extends EvaluationDataset {
  experiments: Experiment[];
}

interface RecordFacts {
  id: string;
  sourceType: string | null;
  sourceId: string | null;
  /** The trace it came from, where that is in this project and open to the reader. */
  traceId: string | null;
  createdAtMs: number;
  updatedAtMs: number;
  createdBy: string | null;
  updatedBy: string | null;
}

/** The beginning of each part of a record, as one line. */
export interface RecordSummary extends RecordFacts {
  inputs: string;
  outputs: string | null;
  expectations: string | null;
  tags: string | null;
}

export interface RecordDetail extends RecordFacts {
  inputs: Record<string, unknown>;
  outputs: unknown;
  expectations: Record<string, unknown> | null;
  tags: Record<string, unknown>;
  source: Record<string, unknown> | null;
}

const noun = "evaluation-datasets";

/** Pages of the newest sets that meet a filter in MLflow's words. */
export function evaluationDatasetsQuery(
  project: string,
  search: { filter?: string | undefined; experiment?: string | undefined },
) {
  return infiniteQueryOptions({
    queryKey: [project, noun, "list", search],
    queryFn: ({ signal, pageParam }) =>
      request<{ datasets: EvaluationDataset[]; experiments: Experiment[]; cursor: string | null }>(
        projectPath(project, noun) + query({ ...search, cursor: pageParam }),
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.cursor ?? undefined,
  });
}

export function evaluationDatasetQuery(project: string, dataset: string) {
  return queryOptions({
    queryKey: [project, noun, dataset],
    queryFn: ({ signal }) =>
      request<EvaluationDatasetDetail>(projectPath(project, noun, dataset), { signal }),
  });
}

/** Pages of records in the order in which they came, or of those that say a text. */
export function recordsQuery(project: string, dataset: string, find?: string) {
  return infiniteQueryOptions({
    queryKey: [project, noun, dataset, "records", { find }],
    queryFn: ({ signal, pageParam }) =>
      request<{ records: RecordSummary[]; cursor: string | null; total: number }>(
        projectPath(project, noun, dataset, "records") + query({ find, cursor: pageParam, limit: 500 }),
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.cursor ?? undefined,
  });
}

export function recordQuery(project: string, dataset: string, record: string) {
  return queryOptions({
    queryKey: [project, noun, dataset, "records", record],
    queryFn: ({ signal }) =>
      request<RecordDetail>(projectPath(project, noun, dataset, "records", record), { signal }),
  });
}

/** The runs whose inputs name a data set, newest first; and how a page of runs is asked for all of them. */
export function runsOfDatasetQuery(project: string, name: string) {
  const filter = runsOfDatasetFilter(name);
  return queryOptions({
    queryKey: [project, "runs", "of-dataset", name],
    queryFn: ({ signal }) =>
      request<{ runs: Run[]; total: number | null }>(
        projectPath(project, "runs") + query({ filter, limit: 10, total: true, order: "start_time DESC" }),
        { signal },
      ),
  });
}

export function runsOfDatasetFilter(name: string): string {
  const quote = name.includes("'") ? '"' : "'";
  return `dataset.name = ${quote}${name}${quote}`;
}
