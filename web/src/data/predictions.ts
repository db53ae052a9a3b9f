import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";
import type { Person } from "./session.ts";

/** From one prediction back to everything it came from. */
export interface Trace {
  prediction: {
    predictionId: string;
    atMs: number;
    deployment: string;
    releaseId: string;
    modelVersionId: string;
    role: string;
    unit: string;
    inputs: Record<string, unknown>;
    label: string;
    /** The probability of the deciding class. */
    score: number;
    decision: boolean;
    threshold: number | null;
    latencyMs: number;
    requestId: string;
  };
  /** What turned out to be true; null while nobody has said. */
  outcome: Outcome | null;
  earlierOutcomes: Outcome[];
  release: {
    id: string;
    environment: string;
    state: string;
    reason: string;
    requestedBy: Named;
    requestedAtMs: number;
    approvals: { by: Named; atMs: number; note: string | null }[];
    liveAtMs: number | null;
  };
  modelVersion: {
    id: string;
    model: string;
    number: number;
    kind: string;
    digest: string;
    createdAtMs: number;
    author: Named;
    purpose: { kind: string; reason: string } | null;
  };
  runId: string | null;
  executionId: string | null;
  codeDigest: string | null;
  environmentDigest: string | null;
  data: { id: string; dataset: string; number: number; digest: string; source: string; rows: number }[];
}

export interface Outcome {
  value: string;
  observedAtMs: number;
  receivedAtMs: number;
  actor: string;
}

type Named = Pick<Person, "id" | "name">;

export function traceQuery(project: string, prediction: string) {
  return queryOptions({
    // Its outcome may come or be corrected, which is news of monitoring.
    queryKey: [project, "monitoring", "trace", prediction],
    queryFn: ({ signal }) =>
      request<Trace>(projectPath(project, "predictions", prediction, "trace"), { signal }),
  });
}
