import { defineRawRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import { presentProblem } from "./answers.ts";
import { unknownEndpoint } from "./artifacts.ts";

/**
 * The MLflow whose routes are spoken here. Clients compare it with the versions that brought a
 * feature, so it is a plain release number of theirs; our own is at `/api/v1/health`.
 */
export const emulatedVersion = "3.11.1";

/** What clients ask about the server itself, and the answer to everything of MLflow that is not served. */
export function createServerInfoRoutes(): readonly Route[] {
  const plain = (path: string, answer: string, summary: string): Route =>
    defineRawRoute({
      method: "GET",
      path,
      permission: "public",
      summary,
      tags: ["mlflow"],
      async handler({ reply }) {
        void reply.type("text/plain; charset=utf-8");
        return answer;
      },
    });
  const info = (prefix: string): Route =>
    defineRawRoute({
      method: "GET",
      path: `${prefix}/3.0/mlflow/server-info`,
      permission: "public",
      summary: "Says what this server offers beyond the routes every MLflow has.",
      tags: ["mlflow"],
      async handler({ reply }) {
        void reply.type("application/json");
        return JSON.stringify({
          store_type: "SqlStore",
          workspaces_enabled: false,
          multipart_uploads_enabled: false,
          multipart_downloads_enabled: false,
          trace_archival_enabled: false,
        });
      },
    });
  const unknown = (path: string): Route =>
    defineRawRoute({
      method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      path,
      permission: "public",
      summary: "Says, in MLflow's form, that there is no such route.",
      tags: ["mlflow"],
      presentProblem,
      async handler({ request }) {
        throw unknownEndpoint(request.method, request.url);
      },
    });
  return [
    plain("/version", emulatedVersion, "The MLflow version spoken here."),
    plain("/health", "OK", "Whether the server answers, in MLflow's word."),
    info("/api"),
    info("/ajax-api"),
    ...["/api/2.0/*", "/api/3.0/*", "/ajax-api/*", "/v1/*", "/graphql"].map(unknown),
  ];
}
