import { queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

export interface Deployment {
  id: string;
  environment: string;
  model: string;
  /** Where predictions are asked for, on the gateway. */
  endpoint: string;
  state: "idle" | "starting" | "ready" | "degraded";
  variants: Variant[];
  updatedAtMs: number;
}

export interface Variant {
  role: "live" | "canary" | "shadow";
  share: number;
  releaseId: string;
  modelVersionId: string;
  number: number;
  threshold: number | null;
  requests: number;
  errors: number;
  latencyMs: { p50: number; p95: number; p99: number } | null;
}

/** Predictions of one version in one role over one stretch of time. */
export interface TrafficPoint {
  startMs: number;
  modelVersionId: string;
  role: string;
  predictions: number;
  positiveShare: number;
  latencyP95Ms: number;
}

export interface Prediction {
  predictionId: string;
  label: string;
  decision: boolean;
  probabilities: Record<string, number>;
  modelVersionId: string;
  releaseId: string;
}

export type InputValue = string | number | boolean | null;

export function deploymentsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "deployments"],
    queryFn: ({ signal }) =>
      request<{ deployments: Deployment[] }>(projectPath(project, "deployments"), { signal }),
  });
}

export function deploymentQuery(project: string, deployment: string) {
  return queryOptions({
    queryKey: [project, "deployments", deployment],
    queryFn: ({ signal }) =>
      request<{ deployment: Deployment }>(projectPath(project, "deployments", deployment), { signal }),
  });
}

export function trafficQuery(
  project: string,
  deployment: string,
  span: { fromMs: number; toMs: number; stepMs: number },
) {
  return queryOptions({
    queryKey: [project, "deployments", deployment, "traffic", span],
    queryFn: ({ signal }) =>
      request<{ points: TrafficPoint[] }>(
        projectPath(project, "deployments", deployment, "traffic") +
          query({ from: span.fromMs, to: span.toMs, step: span.stepMs }),
        { signal },
      ),
  });
}

export function predict(project: string, deployment: string, row: Record<string, InputValue>) {
  return request<{ predictions: Prediction[] }>(projectPath(project, "deployments", deployment, "predict"), {
    method: "POST",
    body: { rows: [row] },
  });
}
