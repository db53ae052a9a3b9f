import type { VariantReport } from "./routing/index.ts";

export { createServing } from "./module.ts";
export type { ServingModule } from "./module.ts";
export { migrations } from "./store.ts";
export { problems } from "./problems.ts";
export { predictionLog } from "./prediction-log.ts";
import "./events.ts";

/**
 * `degraded`: the gateway does not answer and is being restarted, or a version's file could not be opened.
 * `idle`: a release is on its way and nothing is live yet.
 */
export type DeploymentState = "idle" | "ready" | "degraded";

export interface DeployedVariant {
  readonly role: "live" | "canary" | "shadow";
  readonly share: number;
  readonly releaseId: string;
  readonly modelVersionId: string;
  readonly number: number;
  readonly threshold: number | null;
  /** Since the gateway started. */
  readonly requests: number;
  readonly errors: number;
  readonly latencyMs: VariantReport["latencyMs"];
}

/** One model answering in one environment of a project. */
export interface Deployment {
  readonly id: string;
  readonly project: string;
  readonly environment: string;
  readonly model: string;
  readonly state: DeploymentState;
  /** Full URL of the Open Inference endpoint. */
  readonly endpoint: string;
  readonly variants: readonly DeployedVariant[];
  readonly updatedAtMs: number;
}

export interface TrafficPoint {
  readonly startMs: number;
  readonly modelVersionId: string;
  readonly role: string;
  readonly predictions: number;
  readonly positiveShare: number;
  readonly latencyP95Ms: number;
}

export type InputValue = string | number | boolean | null;

export interface Prediction {
  readonly predictionId: string;
  readonly label: string;
  readonly decision: boolean;
  readonly probabilities: Readonly<Record<string, number>>;
  readonly modelVersionId: string;
  readonly releaseId: string;
}

/** The questions others may ask about what answers. */
export interface Serving {
  gatewayUrl(): string;
  listDeployments(project: string): Promise<readonly Deployment[]>;
  /** Throws `deployment_not_found`. */
  getDeployment(id: string): Promise<Deployment>;
  /** Predictions over event time, by version and role. */
  traffic(
    id: string,
    range: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
  ): Promise<readonly TrafficPoint[]>;
  /** Asks the gateway over HTTP, as any client would. Throws what the gateway refuses. */
  predict(
    deploymentId: string,
    rows: readonly Readonly<Record<string, InputValue>>[],
  ): Promise<readonly Prediction[]>;
}
