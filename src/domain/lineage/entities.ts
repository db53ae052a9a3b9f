/** A job reads and writes data sets. */
export type NodeKind = "job" | "dataset";

/** Names a thing across systems: `file` and `/srv/shop/data.csv`, `postgres://db:5432` and `shop.public.orders`. */
export interface NodeName {
  readonly kind: NodeKind;
  readonly namespace: string;
  readonly name: string;
}

/** Facts about a thing by their name, as whoever reported them put them. */
export type Facets = Readonly<Record<string, unknown>>;

/** The name in one text, as it is asked for: `dataset:file:/srv/shop/data.csv`. */
export function nodeKey({ kind, namespace, name }: NodeName): string {
  return `${kind}:${namespace}:${name}`;
}

export interface GraphNode extends NodeName {
  readonly key: string;
  readonly facets: Facets;
  readonly updatedAtMs: number;
  /** Where it is shown here, for what is ours. */
  readonly link: string | null;
}

export interface GraphEdge {
  readonly origin: string;
  readonly destination: string;
  /** Columns, where the edge is between those; null between whole things. */
  readonly originField: string | null;
  readonly destinationField: string | null;
  /** The run that showed it last; null where it was declared without one. */
  readonly runId: string | null;
  readonly lastSeenAtMs: number;
}

export interface LineageGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Whether there is more beyond what was given. */
  readonly isCut: boolean;
}

/** started → running → completed | aborted | failed; `other` when only side remarks came. */
export type ReportedRunState = "START" | "RUNNING" | "COMPLETE" | "ABORT" | "FAIL" | "OTHER";

/** A run of a job, as reported so far. */
export interface ReportedRun {
  readonly runId: string;
  readonly job: NodeName;
  readonly state: ReportedRunState;
  readonly parentRunId: string | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly facets: Facets;
}

/** A report as it came. */
export interface StoredReport {
  /** The digest of where it belongs and what it says. */
  readonly id: string;
  readonly project: string | null;
  readonly atMs: number;
  readonly receivedAtMs: number;
  readonly body: string;
}
