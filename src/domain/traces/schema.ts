import type { Generated } from "kysely";

import type { Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    traces: TraceRow;
    trace_tags: TracePairRow;
    trace_metadata: TracePairRow;
    trace_measures: { trace: number; key: string; value: number };
    spans: SpanRow;
    span_measures: { trace: number; span_id: string; key: string; value: number };
    trace_assessments: AssessmentRow;
    trace_runs: { trace: number; run_id: string };
    trace_prompts: { trace: number; prompt: string };
    trace_issues: IssueRow;
    trace_pending_runs: { trace_id: string; run_id: string; project: string };
  }
}

export interface TraceRow {
  id: Generated<number>;
  trace_id: string;
  experiment: number;
  state: string;
  started_at_ms: number;
  duration_ms: number | null;
  client_request_id: string | null;
  request_preview: string | null;
  response_preview: string | null;
}

export interface TracePairRow {
  trace: number;
  key: string;
  value: string;
}

export interface SpanRow {
  trace: number;
  span_id: string;
  parent_span_id: string | null;
  name: string;
  type: string | null;
  status: string;
  /** Microseconds: nanoseconds since 1970 are beyond what a number of JavaScript holds exactly. */
  started_at_us: number;
  /** Null while it goes on. */
  duration_ns: number | null;
  /** JSON of the attributes by name; whole numbers and others stay what they are. */
  attributes: string;
  /** JSON of the rest, times exact to the nanosecond. */
  rest: string;
}

export interface AssessmentRow {
  id: string;
  trace: number;
  span_id: string | null;
  kind: string;
  name: string;
  value: string;
  error: string | null;
  rationale: string | null;
  source_type: string;
  source_id: string | null;
  metadata: string;
  session: string | null;
  run_id: string | null;
  overrides: string | null;
  is_valid: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface IssueRow {
  id: string;
  experiment: number;
  name: string;
  description: string;
  status: string;
  severity: string | null;
  /** JSON lists of texts. */
  root_causes: string;
  categories: string;
  source_run_id: string | null;
  created_by: string | null;
  created_at_ms: number;
  updated_at_ms: number;
}

/**
 * A trace is a small whole number inside, and everything of it is clustered by that number, so that a
 * search walks the newest traces of an experiment and looks into each with one probe. What is counted
 * (tokens, costs) is kept per span and summed per trace, so that sending a span again changes nothing.
 */
export const migrations: readonly Migration[] = [
  {
    id: "traces-001",
    statements: ({ text, integer, real, identity, strict, clustered }) => [
      `create table traces (
        id ${identity}, trace_id ${text} not null unique, experiment ${integer} not null references experiments (id),
        state ${text} not null, started_at_ms ${integer} not null, duration_ms ${integer}, client_request_id ${text},
        request_preview ${text}, response_preview ${text}
      ) ${strict}`,
      `create index traces_newest on traces (experiment, started_at_ms desc, trace_id)`,
      ...["trace_tags", "trace_metadata"].map(
        (table) => `create table ${table} (
          trace ${integer} not null references traces (id) on delete cascade, key ${text} not null,
          value ${text} not null, primary key (trace, key)
        ) ${clustered}`,
      ),
      `create table trace_measures (
        trace ${integer} not null references traces (id) on delete cascade, key ${text} not null,
        value ${real} not null, primary key (trace, key)
      ) ${clustered}`,
      `create table spans (
        trace ${integer} not null references traces (id) on delete cascade, span_id ${text} not null,
        parent_span_id ${text}, name ${text} not null, type ${text}, status ${text} not null,
        started_at_us ${integer} not null, duration_ns ${integer}, attributes ${text} not null, rest ${text} not null,
        primary key (trace, span_id)
      ) ${clustered}`,
      `create table span_measures (
        trace ${integer} not null references traces (id) on delete cascade, span_id ${text} not null,
        key ${text} not null, value ${real} not null, primary key (trace, span_id, key)
      ) ${clustered}`,
      `create table trace_assessments (
        id ${text} not null primary key, trace ${integer} not null references traces (id) on delete cascade,
        span_id ${text}, kind ${text} not null, name ${text} not null, value ${text} not null, error ${text},
        rationale ${text}, source_type ${text} not null, source_id ${text}, metadata ${text} not null, session ${text},
        run_id ${text}, overrides ${text}, is_valid ${integer} not null, created_at_ms ${integer} not null,
        updated_at_ms ${integer} not null
      ) ${strict}`,
      `create index trace_assessments_trace on trace_assessments (trace, created_at_ms, id)`,
      `create index trace_assessments_session on trace_assessments (session) where session is not null`,
      `create table trace_runs (
        trace ${integer} not null references traces (id) on delete cascade, run_id ${text} not null,
        primary key (trace, run_id)
      ) ${clustered}`,
      `create table trace_prompts (
        trace ${integer} not null references traces (id) on delete cascade, prompt ${text} not null,
        primary key (trace, prompt)
      ) ${clustered}`,
    ],
  },
  {
    id: "traces-002",
    statements: ({ text, integer, strict }) => [
      `create table trace_issues (
        id ${text} not null primary key, experiment ${integer} not null references experiments (id),
        name ${text} not null, description ${text} not null, status ${text} not null, severity ${text},
        root_causes ${text} not null, categories ${text} not null, source_run_id ${text}, created_by ${text},
        created_at_ms ${integer} not null, updated_at_ms ${integer} not null
      ) ${strict}`,
      `create index trace_issues_experiment on trace_issues (experiment, created_at_ms)`,
      `create index trace_assessments_name on trace_assessments (kind, name, trace)`,
    ],
  },
  {
    // A client links a trace as soon as it has its id, and sends the trace itself in the background.
    id: "traces-003",
    statements: ({ text, clustered }) => [
      `create table trace_pending_runs (
        trace_id ${text} not null, run_id ${text} not null, project ${text} not null, primary key (trace_id, run_id)
      ) ${clustered}`,
    ],
  },
];
