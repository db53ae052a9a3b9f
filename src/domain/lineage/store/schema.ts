import type { Migration } from "#kernel/db";

declare module "#kernel/db" {
  interface Tables {
    lineage_reports: ReportRow;
    lineage_runs: RunRow;
    lineage_nodes: NodeRow;
    lineage_edges: EdgeRow;
  }
}

export interface ReportRow {
  id: string;
  /** Empty for what belongs to no project, as in every table here: a null would be equal to nothing. */
  scope: string;
  at_ms: number;
  received_at_ms: number;
  run_id: string | null;
  actor: string;
  body: string;
}

export interface RunRow {
  scope: string;
  run_id: string;
  job_namespace: string;
  job_name: string;
  state: string;
  parent_run_id: string | null;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  updated_at_ms: number;
  facets: string;
}

export interface NodeRow {
  scope: string;
  node: string;
  kind: string;
  namespace: string;
  name: string;
  facets: string;
  updated_at_ms: number;
}

export interface EdgeRow {
  scope: string;
  origin: string;
  destination: string;
  /** Empty between whole things. */
  origin_field: string;
  destination_field: string;
  run_id: string | null;
  last_seen_at_ms: number;
}

export const migrations: readonly Migration[] = [
  {
    id: "lineage-001",
    statements: ({ text, integer, strict, clustered }) => [
      `create table lineage_reports (
        id ${text} primary key, scope ${text} not null, at_ms ${integer} not null,
        received_at_ms ${integer} not null, run_id ${text}, actor ${text} not null, body ${text} not null
      ) ${strict}`,
      `create index lineage_reports_time on lineage_reports (scope, at_ms, id)`,
      `create index lineage_reports_run on lineage_reports (run_id)`,
      `create table lineage_runs (
        scope ${text} not null, run_id ${text} not null, job_namespace ${text} not null, job_name ${text} not null,
        state ${text} not null, parent_run_id ${text}, started_at_ms ${integer}, ended_at_ms ${integer},
        updated_at_ms ${integer} not null, facets ${text} not null, primary key (scope, run_id)
      ) ${clustered}`,
      `create index lineage_runs_job on lineage_runs (job_namespace, job_name, scope)`,
      `create index lineage_runs_parent on lineage_runs (parent_run_id)`,
      `create table lineage_nodes (
        scope ${text} not null, node ${text} not null, kind ${text} not null, namespace ${text} not null,
        name ${text} not null, facets ${text} not null, updated_at_ms ${integer} not null,
        primary key (scope, node)
      ) ${clustered}`,
      `create table lineage_edges (
        scope ${text} not null, origin ${text} not null, destination ${text} not null,
        origin_field ${text} not null, destination_field ${text} not null, run_id ${text},
        last_seen_at_ms ${integer} not null,
        primary key (scope, origin, destination, origin_field, destination_field)
      ) ${clustered}`,
      `create index lineage_edges_back on lineage_edges (scope, destination)`,
    ],
  },
];
