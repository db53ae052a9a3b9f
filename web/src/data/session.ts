import { queryOptions } from "@tanstack/react-query";
import { request } from "./client.ts";

/** Who the reader is. `via: "local"`: on the own machine nobody signs in. */
export interface Session {
  principal: {
    id: string;
    name: string;
    kind: "person" | "service" | "system";
    via: "local" | "token" | "session" | "none";
  };
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => request<Session>("/api/v1/session", { signal }),
  staleTime: Infinity,
  retry: false,
});

/** Exchanges a token for a cookie that scripts cannot read. */
export function signIn(token: string): Promise<Session> {
  return request<Session>("/api/v1/session", { method: "POST", body: { token } });
}

export function signOut(): Promise<void> {
  return request<void>("/api/v1/session", { method: "DELETE" });
}
