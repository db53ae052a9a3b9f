import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

export interface Incident {
  id: string;
  kind: "performance" | "drift" | "guardrail" | "data" | "outage";
  monitor: string;
  title: string;
  state: "open" | "resolved";
  openedAtMs: number;
  onsetMs: number;
  modelVersionId: string | null;
  releaseId: string | null;
  cause: { sentence: string; ranked: { kind: string; name: string; detail: string; weight: number }[] };
  evidence: {
    value: number | null;
    expected: number | null;
    interval: [number, number] | null;
    n: number;
    windowStartMs?: number;
    windowEndMs?: number;
  };
  timeline: { atMs: number; text: string; link?: string | null }[];
  resolvedAtMs: number | null;
  resolution: string | null;
}

export type IncidentVerdict = "useful" | "noise" | "expected";

export function incidentsQuery(project: string) {
  return queryOptions({
    queryKey: [project, "incidents"],
    queryFn: ({ signal }) =>
      request<{ incidents: Incident[] }>(projectPath(project, "incidents"), { signal }),
  });
}

export function incidentQuery(project: string, incident: string) {
  return queryOptions({
    queryKey: [project, "incidents", incident],
    queryFn: ({ signal }) =>
      request<{ incident: Incident }>(projectPath(project, "incidents", incident), { signal }),
  });
}

export function resolveIncident(
  project: string,
  incident: string,
  body: { verdict: IncidentVerdict; note: string },
) {
  return request<{ incident: Incident }>(projectPath(project, "incidents", incident, "resolve"), {
    method: "POST",
    body,
  });
}
