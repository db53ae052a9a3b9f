import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

export interface Incident {
  id: string;
  kind: "performance" | "drift" | "guardrail" | "data" | "outage";
  severity: "page" | "digest";
  monitor: string;
  title: string;
  state: "open" | "resolved";
  openedAtMs: number;
  /** When it is estimated to have begun, in event time. */
  onsetMs: number;
  environment: string;
  modelVersionId: string;
  releaseId: string;
  evidence: {
    metric: string;
    value: number | null;
    expected: number | null;
    interval: [number, number] | null;
    n: number;
    eValue: number | null;
    windowStartMs: number;
    windowEndMs: number;
  };
  cause: {
    sentence: string;
    /** The strongest first. */
    ranked: {
      kind: "segment" | "column" | "vocabulary" | "class_mix" | "release";
      name: string;
      detail: string;
      weight: number;
      examples: string[];
    }[];
  };
  timeline: { atMs: number; text: string; link: string | null; seq: number | null }[];
  resolvedAtMs: number | null;
  resolution: { by: string; verdict: IncidentVerdict | "recovered" | "rolled_back"; note: string } | null;
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
