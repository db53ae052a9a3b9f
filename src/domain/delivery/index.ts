import type { Gate, RolloutStep } from "#objectives";

export { createDelivery } from "./module.ts";
export type { DeliveryModule } from "./module.ts";
export { migrations } from "./store.ts";
export { evidenceSchema } from "./evidence.ts";
export { problems } from "./problems.ts";
import "./events.ts";

/**
 * The life of a release.
 *
 * `judging` until the evidence of its staging deployment is in. Then `refused` (a gate failed and nobody
 * named an exception) or `awaiting_approval`; from there `declined`, or, with enough approvals by others
 * than the author, `rolling_out`; a first release, with nothing live to compare with, goes `live` at once.
 * `rolling_out` walks the steps of the charter by the clock and ends `live` or `rolled_back`. A `live`
 * release ends `superseded` by the next one or `rolled_back`, which makes the one it replaced live again.
 */
export type ReleaseState =
  | "judging"
  | "refused"
  | "awaiting_approval"
  | "declined"
  | "rolling_out"
  | "live"
  | "superseded"
  | "rolled_back";

/** `inconclusive`: too few rows to say. It does not block, and it is shown. */
export type GateVerdict = "passed" | "failed" | "inconclusive";

export interface SliceResult {
  readonly slice: string;
  readonly verdict: GateVerdict;
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
  readonly n: number;
}

export interface GateResult {
  readonly gate: Gate;
  readonly verdict: GateVerdict;
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
  readonly n: number;
  /** What the value was compared with, in the unit of the metric. */
  readonly bound: number | null;
  /** The baseline's value on the same rows, for gates that compare with it. */
  readonly baseline: number | null;
  readonly slices: readonly SliceResult[];
  /** What was found, in words; the gate's own sentence says what was asked. */
  readonly finding: string;
}

export interface Approval {
  readonly by: string;
  readonly atMs: number;
  readonly note: string | null;
}

export interface ThresholdPoint {
  readonly threshold: number;
  readonly costPerPrediction: number;
}

export interface Release {
  readonly id: string;
  readonly project: string;
  readonly environment: string;
  readonly modelVersionId: string;
  readonly model: string;
  readonly number: number;
  readonly state: ReleaseState;
  readonly requestedBy: string;
  readonly requestedAtMs: number;
  /** Who made the version; neither they nor the requester may approve. */
  readonly author: string;
  readonly reason: string;
  /** The positive class is decided when its probability is at least this; null for a rule that decides itself. */
  readonly threshold: number | null;
  readonly thresholdCurve: readonly ThresholdPoint[];
  readonly gates: readonly GateResult[];
  readonly evidenceDigest: string | null;
  readonly judgedAtMs: number | null;
  readonly approvalsNeeded: number;
  readonly approvals: readonly Approval[];
  readonly exception: { readonly by: string; readonly reason: string } | null;
  readonly steps: readonly RolloutStep[];
  /** Index into `steps` while rolling out, and where a rollout was rolled back; null before and once live. */
  readonly currentStep: number | null;
  readonly stepStartedAtMs: number | null;
  /** The release that was live when this one went live. */
  readonly replaces: string | null;
  readonly liveAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly endReason: string | null;
}

/** One row of the holdout as the staged candidate answered it. */
export interface ScoredRow {
  readonly actual: string;
  readonly label: string;
  /** Probability of the charter's positive class. */
  readonly score: number;
  /** The decision the deployment itself took, for a rule without a threshold. */
  readonly decision: boolean;
  /** The values of the columns that gates slice by. */
  readonly slices: Readonly<Record<string, string>>;
}

/** What a staging deployment measured of a candidate: the holdout answered over HTTP, and a short load. */
export interface HoldoutEvidence {
  readonly candidate: readonly ScoredRow[];
  /** The baseline rule on the same rows in the same order; null when the charter has none. */
  readonly baseline: readonly ScoredRow[] | null;
  readonly load: {
    readonly requests: number;
    readonly errors: number;
    readonly requestsPerSecond: number;
    readonly latenciesMs: readonly number[];
  };
  readonly measuredAtMs: number;
}

/** A version that should answer, and how: what serving reconciles towards. */
export interface DesiredVariant {
  readonly releaseId: string;
  readonly modelVersionId: string;
  readonly threshold: number | null;
}

export interface DesiredRouting {
  readonly live: DesiredVariant | null;
  readonly candidate:
    | (DesiredVariant & { readonly kind: "shadow" })
    | (DesiredVariant & { readonly kind: "canary"; readonly share: number })
    | null;
}

/** The questions others may ask about releases. */
export interface Delivery {
  /** Throws `release_not_found`. */
  getRelease(id: string): Promise<Release>;
  /** Newest first. */
  listReleases(project: string): Promise<readonly Release[]>;
  /** The model of each release of a project, by its id. */
  modelsOfReleases(project: string): Promise<ReadonlyMap<string, string>>;
  liveRelease(project: string, environment: string): Promise<Release | undefined>;
  /** Releases whose evidence is still to be measured. */
  listJudging(): Promise<readonly Release[]>;
  desiredRouting(project: string, environment: string): Promise<DesiredRouting>;
}
