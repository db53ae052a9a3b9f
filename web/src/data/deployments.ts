import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

export interface Deployment {
  id: string;
  environment: string;
  model: string;
  /** Where predictions are asked for, on the gateway. */
  endpoint: string;
  state: "starting" | "ready" | "degraded" | "stopped";
  variants: Variant[];
  /** What a prediction takes; for the form. */
  inputs?: { name: string; datatype: string; optional?: boolean }[];
  updatedAtMs: number;
}

export interface Variant {
  role: "live" | "canary" | "shadow";
  modelVersionId: string;
  number: number;
  releaseId: string;
  share: number;
  threshold: number | null;
  requests: number;
  errors: number;
  latencyMs: { p50: number | null; p95: number | null };
}

export interface Traffic {
  atMs: number[];
  variants: {
    role: string;
    number: number;
    requests: number[];
    errors: number[];
    p95Ms?: (number | null)[];
  }[];
}

/** The gateway's answer: columns of outputs and what is needed to trace the prediction. */
export interface Prediction {
  model_name?: string;
  outputs: { name: string; datatype: string; shape: number[]; data: (string | number | boolean)[] }[];
  parameters?: {
    prediction_id?: string;
    prediction_ids?: string[];
    model_version?: string;
    release?: string;
  };
}

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

export function trafficQuery(project: string, deployment: string) {
  return queryOptions({
    queryKey: [project, "deployments", deployment, "traffic"],
    queryFn: ({ signal }) =>
      request<Traffic>(projectPath(project, "deployments", deployment, "traffic"), { signal }),
  });
}

export function predict(project: string, deployment: string, inputs: Record<string, unknown>) {
  return request<Prediction>(projectPath(project, "deployments", deployment, "predict"), {
    method: "POST",
    body: { inputs },
  });
}
