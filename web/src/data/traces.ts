import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

export type TraceState = "OK" | "ERROR" | "IN_PROGRESS" | "STATE_UNSPECIFIED";

export interface TraceAssessment {
  id: string;
  spanId: string | null;
  kind: "feedback" | "expectation" | "issue";
  name: string;
  value: unknown;
  error: string | null;
  rationale: string | null;
  sourceType: string;
  sourceId: string | null;
  isValid: boolean;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface TraceSummary {
  id: string;
  experimentId: string;
  name: string;
  state: TraceState;
  startedAtMs: number;
  durationMs: number | null;
  requestPreview: string | null;
  responsePreview: string | null;
  runId: string | null;
  session: string | null;
  user: string | null;
  tokens: number | null;
  assessments: TraceAssessment[];
}

export interface TraceSpan {
  id: string;
  parentId: string | null;
  /** 0 for a root; a span stands before its children. */
  depth: number;
  children: number;
  name: string;
  type: string | null;
  status: "UNSET" | "OK" | "ERROR";
  statusMessage: string;
  /** From the first start of any span. */
  offsetMs: number;
  /** Null while it goes on. */
  durationMs: number | null;
  inputs: unknown;
  outputs: unknown;
  attributes: Record<string, unknown>;
  events: { name: string; offsetMs: number; attributes: Record<string, unknown> }[];
}

export interface TraceDetail extends TraceSummary {
  clientRequestId: string | null;
  tags: Record<string, string>;
  metadata: Record<string, string>;
  spans: TraceSpan[];
}

/** Pages of the newest traces that meet a filter in MLflow's words. */
export function tracesQuery(project: string, filter?: string) {
  return infiniteQueryOptions({
    queryKey: [project, "traces", { filter }],
    queryFn: ({ signal, pageParam }) =>
      request<{ traces: TraceSummary[]; cursor: string | null }>(
        projectPath(project, "traces") + query({ filter, cursor: pageParam, limit: 100 }),
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.cursor ?? undefined,
  });
}

export function traceQuery(project: string, trace: string) {
  return queryOptions({
    queryKey: [project, "traces", trace],
    queryFn: ({ signal }) => request<TraceDetail>(projectPath(project, "traces", trace), { signal }),
  });
}
