import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";
import type { LedgerEvent } from "./audit.ts";

export interface Project {
  id: string;
  folder: string | null;
  charterVersion: number;
  createdAtMs: number;
}

/** The home page in one answer: the charter in a sentence, the loop, what needs someone, what was. */
export interface Overview {
  project: string;
  nowMs: number;
  charter: {
    decision: string | null;
    kpi: {
      name: string;
      now: number | null;
      target: string | null;
      series?: { atMs: number; value: number }[];
    } | null;
    timeBoxMs: number | null;
    budget: { amount: number; spent: number | null; currency: string } | null;
  } | null;
  stations: Station[];
  needs: Need[];
  events: LedgerEvent[];
}

/** One station of the loop with the one fact that matters there. */
export interface Station {
  key: "data" | "labels" | "pipeline" | "model" | "gates" | "release" | "serving" | "monitoring" | "feedback";
  state: string;
  headline: string;
  detail?: string;
}

/** Something that waits for a person. */
export interface Need {
  id: string;
  tone: "warn" | "bad" | "busy";
  title: string;
  detail?: string;
  atMs: number;
  /** What it is about, for the link. */
  about: {
    kind: "release" | "incident" | "execution" | "dataset" | "model" | "charter";
    id: string;
    name?: string;
    number?: number;
  };
}

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => request<{ projects: Project[] }>("/api/v1/projects", { signal }),
  staleTime: 60_000,
});

export function overviewQuery(project: string) {
  return queryOptions({
    queryKey: [project, "overview"],
    queryFn: ({ signal }) => request<Overview>(projectPath(project, "overview"), { signal }),
  });
}
