import { queryOptions } from "@tanstack/react-query";
import type { Automation } from "./automation.ts";
import { projectPath, request } from "./client.ts";

/** One value of the parameter, and the execution that ran with it. */
export interface Partition {
  position: number;
  value: string;
  execution: string | null;
  state: "waiting" | "running" | "succeeded" | "failed" | "cancelled";
  /** Why it could not be begun. */
  failure: string | null;
}

/** The pipeline for each of many values of one parameter: an execution each, only so many at once. */
export interface Backfill extends Automation {
  id: string;
  parameter: string;
  concurrency: number;
  state: "running" | "succeeded" | "failed" | "cancelled";
  actor: string;
  createdAtMs: number;
  endedAtMs: number | null;
  counts: Partial<Record<Partition["state"], number>>;
  partitions: Partition[];
}

export interface NewBackfill extends Automation {
  parameter: string;
  partitions: string[] | { from: string; to: string; step: "hour" | "day" | "week" | "month" };
  concurrency: number;
}

export function backfillsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "backfills"],
    queryFn: ({ signal }) =>
      request<{ backfills: Backfill[] }>(projectPath(project, "backfills"), { signal }),
  });
}

export function backfillQuery(project: string, backfill: string) {
  return queryOptions({
    queryKey: [project, "backfills", backfill],
    queryFn: ({ signal }) => request<Backfill>(projectPath(project, "backfills", backfill), { signal }),
  });
}

export function startBackfill(project: string, body: NewBackfill) {
  return request<Backfill>(projectPath(project, "backfills"), { method: "POST", body });
}

export function cancelBackfill(project: string, backfill: string) {
  return request<Backfill>(projectPath(project, "backfills", backfill, "cancel"), {
    method: "POST",
    body: {},
  });
}
