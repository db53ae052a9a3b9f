import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

/** A cached step that is run again, aside, and what came of it. */
export interface VerifiedStage {
  position: number;
  stage: string;
  state: "waiting" | "running" | "done";
  verdict: "reproducible" | "differs" | "failed" | "not_cached" | "elsewhere" | null;
  /** The outs that came out otherwise: the digest that is kept, and the one found, null when it was not made. */
  differing: { path: string; kept: string; found: string | null }[];
  message: string | null;
  waitingReason: string | null;
  /** The execution whose step made the kept result. */
  execution: string | null;
  startedAtMs: number | null;
  endedAtMs: number | null;
}

interface Common {
  id: string;
  targets: string[];
  state: "running" | "finished" | "failed" | "cancelled";
  failure: string | null;
  actor: string;
  createdAtMs: number;
  endedAtMs: number | null;
}

export interface Verification extends Common {
  done: number;
  stages: VerifiedStage[];
}

export interface VerificationSummary extends Common {
  /** By verdict, and by state where there is none yet. */
  counts: Record<string, number>;
  /** What came of the stage that was asked for. */
  stage: VerifiedStage | null;
}

export interface NewVerification {
  targets: string[];
  alone?: boolean;
  sample?: number;
  seed?: number;
}

/** The newest verifications; with a stage only those it is in. */
export function verificationsQuery(project: string, stage?: string) {
  return queryOptions({
    queryKey: [project, "verifications", "list", stage ?? null],
    queryFn: ({ signal }) =>
      request<{ verifications: VerificationSummary[] }>(
        `${projectPath(project, "pipeline", "verifications")}${stage === undefined ? "" : `?stage=${encodeURIComponent(stage)}`}`,
        { signal },
      ),
  });
}

/** One verification. What a stage waits for is no event, so it is asked for now and then while one runs. */
export function verificationQuery(project: string, verification: string) {
  return queryOptions({
    queryKey: [project, "verifications", verification],
    queryFn: ({ signal }) =>
      request<Verification>(projectPath(project, "pipeline", "verifications", verification), { signal }),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? 5_000 : false),
  });
}

export function startVerification(project: string, body: NewVerification) {
  return request<Verification>(projectPath(project, "pipeline", "verifications"), { method: "POST", body });
}

export function cancelVerification(project: string, verification: string) {
  return request<Verification>(projectPath(project, "pipeline", "verifications", verification, "cancel"), {
    method: "POST",
    body: {},
  });
}
