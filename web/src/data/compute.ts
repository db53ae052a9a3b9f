import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";
import type { Resources } from "./executions.ts";

/** What the steps of this server take, and which wait for what. */
export interface Queue {
  capacity: Resources;
  free: Resources;
  running: (QueuedStep & {
    /** Its GPUs, as their driver numbers them. */
    devices: string[];
  })[];
  waiting: (QueuedStep & { position: number; reason: string })[];
  /** Steps of other projects, which hold or wait for the same resources. */
  others: { running: number; waiting: number };
  /** Executions of which nothing runs. */
  executions: { id: string; state: string; reason: string }[];
}

export interface QueuedStep {
  execution: string;
  step: string;
  stage: string;
  priority: number;
  resources: Resources;
}

export function queueQuery(project: string) {
  return queryOptions({
    queryKey: [project, "queue"],
    queryFn: ({ signal }) => request<Queue>(projectPath(project, "queue"), { signal }),
    staleTime: 2_000,
  });
}

/** Places that run work, as they say of themselves, and the work they have. */
export interface Compute {
  targets: ComputeTarget[];
  work: ComputeWork[];
}

export interface ComputeTarget {
  name: string;
  kind: "local" | "ray" | "kubernetes";
  isAvailable: boolean;
  problem: string;
  next: string;
  version: string | null;
  largest: MachineSize | null;
  canGrow: boolean;
  canUseImages: boolean;
  /** What stages run in that name no image. */
  defaultImage: string | null;
  platform: string | null;
  interpreter: string | null;
  running: number;
  queued: number;
}

export interface MachineSize {
  cpus: number;
  memoryBytes: number;
  gpus: number;
}

export interface ComputeWork {
  id: string;
  target: string;
  project: string;
  owner: string;
  label: string;
  state: string;
  /** Of those that wait: which comes first, from 1. */
  position: number | null;
  reason: string;
  resources: MachineSize;
  submittedAtMs: number;
  startedAtMs: number | null;
  endedAtMs: number | null;
}

/** Under the project's name, so that its events make it fresh. */
export function computeQuery(project: string) {
  return queryOptions({
    queryKey: [project, "compute"],
    queryFn: ({ signal }) => request<Compute>("/api/v1/compute", { signal }),
  });
}
