import { queryOptions } from "@tanstack/react-query";
import { projectPath, request } from "./client.ts";

/** Who the reader is and what they may. `via: "local"`: on the own machine nobody signs in. */
export interface Me {
  principal: {
    id: string;
    name: string;
    kind: "person" | "service" | "system";
    via: "local" | "token" | "session" | "password" | "none";
  };
  permissions: { everywhere: string[]; projects: Record<string, string[]> };
}

export interface Person {
  id: string;
  name: string;
  kind: "person" | "service" | "system";
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => request<Me>("/api/v1/me", { signal }),
  staleTime: Infinity,
  retry: false,
});

/** Whose the ids are that stand as actors; asked once for a project. */
export function peopleQuery(project: string) {
  return queryOptions({
    queryKey: [project, "people"],
    queryFn: ({ signal }) => request<{ people: Person[] }>(projectPath(project, "people"), { signal }),
    staleTime: Infinity,
    retry: false,
  });
}

/** Exchanges a token for a cookie that scripts cannot read. */
export function signIn(token: string) {
  return request<{ principal: { id: string; name: string } }>("/api/v1/session", {
    method: "POST",
    body: { token },
  });
}

export function signOut(): Promise<void> {
  return request<void>("/api/v1/session", { method: "DELETE" });
}
