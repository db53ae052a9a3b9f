import type { Facets, NodeName, ReportedRunState } from "./entities.ts";

/** One report of what flowed where, in our own words; `body` is what was sent. */
export interface Report {
  /** Null for what belongs to no project. */
  readonly project: string | null;
  readonly actor: string;
  readonly body: string;
  readonly producer: string;
  readonly atMs: number;
  readonly run: RunReport | null;
  readonly nodes: readonly ReportedNode[];
  readonly edges: readonly ReportedEdge[];
}

export interface RunReport {
  readonly runId: string;
  readonly job: NodeName;
  /** Null where the event does not say. */
  readonly state: ReportedRunState | null;
  readonly parentRunId: string | null;
  readonly facets: Facets;
}

export interface ReportedNode extends NodeName {
  /** A null takes the facet away. */
  readonly facets: Facets;
}

export interface ReportedEdge {
  readonly origin: NodeName;
  readonly destination: NodeName;
  readonly originField?: string;
  readonly destinationField?: string;
}

/** The orders of lineage. */
export interface LineageCommands {
  /** Keeps a report; false when the same one is kept already. */
  record(report: Report): Promise<boolean>;
}
