import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { projectPath, query, request } from "./client.ts";

/** One line of the ledger. */
export interface LedgerEvent {
  seq: number;
  atMs: number;
  actor: string;
  /** The name to show for the actor. */
  actorName: string;
  /** Who acted for the actor, such as a step of an execution. */
  through: string | null;
  project: string | null;
  kind: string;
  subject: string;
  data: Record<string, unknown>;
  hash: string;
}

export interface EventFilter {
  kinds?: string | undefined;
  subject?: string | undefined;
  actor?: string | undefined;
}

export function eventsQuery(project: string, filter: EventFilter) {
  return infiniteQueryOptions({
    queryKey: [project, "events", filter],
    queryFn: ({ signal, pageParam }) =>
      request<{ events: LedgerEvent[] }>(
        projectPath(project, "events") + query({ ...filter, before: pageParam, limit: 200 }),
        {
          signal,
        },
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => (page.events.length < 200 ? undefined : page.events.at(-1)?.seq),
  });
}

export const verifyQuery = queryOptions({
  queryKey: ["audit", "verify"],
  queryFn: ({ signal }) =>
    request<{ intact: boolean; events: number; headHash: string; firstBroken: number | null }>(
      "/api/v1/audit/verify",
      {
        signal,
      },
    ),
  enabled: false,
  staleTime: 0,
});
