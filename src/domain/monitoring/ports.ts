import type { Generated, ProjectFile } from "#objectives";

/** What monitoring must know of a release. */
export interface WatchedRelease {
  readonly id: string;
  readonly project: string;
  readonly environment: string;
  readonly modelVersionId: string;
  readonly model: string;
  readonly number: number;
  readonly state: string;
  readonly requestedBy: string;
  readonly requestedAtMs: number;
  readonly author: string;
  readonly reason: string;
  readonly approvals: readonly { readonly by: string; readonly atMs: number; readonly note: string | null }[];
  /** The bound of each gate in the unit of its metric, as it was judged. */
  readonly gates: readonly {
    readonly gate: { readonly id: string };
    readonly bound: number | null;
    readonly value: number | null;
    readonly interval: readonly [number, number] | null;
  }[];
  readonly steps: readonly (
    | { readonly kind: "shadow"; readonly durationMs: number }
    | { readonly kind: "canary"; readonly durationMs: number }
    | { readonly kind: "all" }
  )[];
  readonly currentStep: number | null;
  readonly stepStartedAtMs: number | null;
  readonly liveAtMs: number | null;
  readonly endedAtMs: number | null;
}

export interface ReleasesPort {
  getRelease(id: string): Promise<WatchedRelease>;
  listReleases(project: string): Promise<readonly WatchedRelease[]>;
  liveRelease(project: string, environment: string): Promise<WatchedRelease | undefined>;
}

export interface ChartersPort {
  getCharter(
    project: string,
  ): Promise<Pick<Generated, "decisionRule" | "monitors"> & { readonly projectFile: ProjectFile }>;
  listProjects(): Promise<readonly { readonly id: string }[]>;
}

/** The gateway's own counts, for what never reaches the prediction log: requests that failed. */
export interface TrafficPort {
  listDeployments(project: string): Promise<
    readonly {
      readonly variants: readonly {
        readonly role: string;
        readonly releaseId: string;
        readonly requests: number;
        readonly errors: number;
      }[];
    }[]
  >;
}

/** Where a prediction came from, step by step back. */
export interface OriginPort {
  getVersion(id: string): Promise<{
    readonly id: string;
    readonly model: string;
    readonly number: number;
    readonly kind: string;
    readonly digest: string;
    readonly createdAtMs: number;
    readonly actor: string;
    readonly origin: {
      readonly executionId: string | null;
      readonly runId: string | null;
      readonly codeDigest: string | null;
      readonly environmentDigest: string | null;
      readonly datasetVersions: Readonly<Record<string, string>>;
      readonly purpose: { readonly kind: string; readonly reason: string } | null;
    };
  }>;
  getDatasetVersion(id: string): Promise<{
    readonly id: string;
    readonly dataset: string;
    readonly number: number;
    readonly digest: string;
    readonly source: string;
    readonly rows: number;
  }>;
  /** The name of a principal, for people. */
  nameOf(actor: string): Promise<string>;
}
