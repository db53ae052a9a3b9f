import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

/** What runs the pipeline without anybody at a keyboard. */
export interface Automation {
  targets: string[];
  parameters: Record<string, unknown>;
}

/** Times at which the pipeline runs by itself. */
export interface Schedule extends Automation {
  id: string;
  name: string;
  cron: string;
  timezone: string;
  /** Which of the turns are made up for that passed while no server ran. */
  missed: "once" | "all" | "skip";
  /** What a turn does while the execution of an earlier one runs. */
  overlap: "skip" | "allow";
  isPaused: boolean;
  actor: string;
  createdAtMs: number;
  nextAtMs: number | null;
  lastAtMs: number | null;
  lastExecution: string | null;
  /** What came of the last turn, in words. */
  lastOutcome: string | null;
}

export type NewSchedule = Pick<
  Schedule,
  "name" | "cron" | "timezone" | "missed" | "overlap" | "targets" | "parameters"
>;

export function schedulesQuery(project: string) {
  return queryOptions({
    queryKey: [project, "schedules"],
    queryFn: ({ signal }) =>
      request<{ schedules: Schedule[] }>(projectPath(project, "schedules"), { signal }),
  });
}

export function setSchedule(project: string, { name, ...body }: NewSchedule) {
  return request<Schedule>(projectPath(project, "schedules", name), { method: "PUT", body });
}

export function pauseSchedule(project: string, name: string, isPaused: boolean) {
  const verb = isPaused ? "pause" : "resume";
  return request<Schedule>(projectPath(project, "schedules", name, verb), { method: "POST", body: {} });
}

export function removeSchedule(project: string, name: string) {
  return request<void>(projectPath(project, "schedules", name), { method: "DELETE" });
}

/** What begins an execution from outside: a call with the trigger's own token, or a new version of a data set. */
export interface Trigger extends Automation {
  id: string;
  name: string;
  kind: "webhook" | "data";
  dataset: string | null;
  actor: string;
  createdAtMs: number;
}

export type NewTrigger = Pick<Trigger, "name" | "kind" | "dataset" | "targets" | "parameters">;

export function triggersQuery(project: string) {
  return queryOptions({
    queryKey: [project, "triggers"],
    queryFn: ({ signal }) => request<{ triggers: Trigger[] }>(projectPath(project, "triggers"), { signal }),
  });
}

/** The token of a webhook is told in this answer and never again. */
export function setTrigger(project: string, { name, ...body }: NewTrigger) {
  return request<{ trigger: Trigger; token: string | null }>(projectPath(project, "triggers", name), {
    method: "PUT",
    body,
  });
}

export function removeTrigger(project: string, name: string) {
  return request<void>(projectPath(project, "triggers", name), { method: "DELETE" });
}
