import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "./test-server.ts";

/*
 * MLflow's routes that are not served here. A client that meets a 5xx asks again for four minutes, and one
 * that meets a page of HTML does not know what happened to it.
 */
const unserved: readonly string[] = [
  "3.0/mlflow/scorers/register",
  "3.0/mlflow/scorers/list",
  "3.0/mlflow/scorers/versions",
  "3.0/mlflow/scorers/get",
  "3.0/mlflow/scorers/delete",
  "3.0/mlflow/scorers/online-configs",
  "3.0/mlflow/scorers/permissions/create",
  "3.0/mlflow/scorer/invoke",
  "3.0/mlflow/gateway/secrets/create",
  "3.0/mlflow/gateway/secrets/list",
  "3.0/mlflow/gateway/secrets/permissions/get",
  "3.0/mlflow/gateway/endpoints/create",
  "3.0/mlflow/gateway/endpoints/list",
  "3.0/mlflow/gateway/model-definitions/list",
  "3.0/mlflow/gateway/supported-providers",
  "3.0/mlflow/gateway/supported-models",
  "3.0/mlflow/gateway/budget-policies",
  "2.0/mlflow/gateway-proxy",
  "3.0/mlflow/workspaces",
  "3.0/mlflow/workspaces/default",
  "3.0/mlflow/workspaces/default/permissions",
  "3.0/mlflow/workspace-permissions",
  "3.0/mlflow/label-schemas",
  "3.0/mlflow/label-schemas/ls-1",
  "3.0/mlflow/review-queues",
  "3.0/mlflow/review-queues/rq-1/items",
  "3.0/mlflow/prompt-optimization/jobs",
  "3.0/mlflow/prompt-optimization/jobs/search",
  "3.0/mlflow/genai/evaluate/invoke",
  "3.0/mlflow/roles/create",
  "3.0/mlflow/roles/permissions/add",
  "3.0/mlflow/mcp-servers",
  "3.0/jobs",
  "3.0/jobs/search",
  "3.0/jobs/j-1",
  "3.0/jobs/cancel/j-1",
  "3.0/mlflow/jobs/j-1",
  "3.0/mlflow/demo/generate",
  "3.0/mlflow/assistant/chat",
  "3.0/mlflow/ui-telemetry",
  "2.0/mlflow/users/create-ui",
  "2.0/mlflow/runs/create-promptlab-run",
  "2.0/preview/mlflow/experiments/list",
  "2.0/mlflow/nothing/of/the/kind",
  "2.0/mlflow/",
  "4.0/mlflow/experiments/get",
];

const verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

describe("what MLflow offers and this server does not", () => {
  it("answers that there is no such endpoint, as JSON, at every prefix and by every verb", async () => {
    const kernel = await createTestKernel({ migrations: testMigrations });
    const { server } = createTestServer(kernel, { withRegistry: true });
    const urls = unserved.flatMap((path) => [
      // Only what pages ask for has no version that is ours.
      ...(path.startsWith("4.") ? [] : [`/api/${path}`]),
      `/ajax-api/${path}`,
    ]);
    for (const url of [...urls, "/graphql", "/v1/metrics", "/v1/logs", "/ajax-api/anything"]) {
      for (const method of verbs) {
        const answer = await server.inject({
          method,
          url,
          ...(method === "GET" ? {} : { body: "{}", headers: { "content-type": "application/json" } }),
        });
        assert.equal(answer.status, 404, `${method} ${url}`);
        assert.match(String(answer.headers["content-type"]), /^application\/json/, url);
        assert.match(answer.text, /"error_code":"ENDPOINT_NOT_FOUND"/, url);
      }
    }
  });

  it("answers so too for a route that is served, by a verb that is not", async () => {
    const kernel = await createTestKernel({ migrations: testMigrations });
    const { server } = createTestServer(kernel, { withRegistry: true });
    for (const [method, path] of [
      ["GET", "experiments/create"],
      ["DELETE", "runs/search"],
      ["PUT", "registered-models/create"],
      ["PATCH", "model-versions/get"],
    ] as const) {
      const { status, text } = await server.inject({ method, url: `/api/2.0/mlflow/${path}` });
      assert.equal(status, 404, path);
      assert.match(text, /"error_code":"ENDPOINT_NOT_FOUND"/, path);
    }
  });

  it("answers a body of any form or kind without a 5xx", async () => {
    const kernel = await createTestKernel({ migrations: testMigrations });
    const { server } = createTestServer(kernel, { withRegistry: true });
    const bodies = [
      "",
      "null",
      "[]",
      "0",
      '"x"',
      "{",
      "\u0000",
      '{"a":'.repeat(2_000),
      "{}".repeat(3),
      "a=b",
    ];
    for (const url of ["/graphql", "/api/3.0/mlflow/scorers/register", "/ajax-api/3.0/jobs"]) {
      for (const body of bodies) {
        for (const type of ["application/json", "text/plain", "application/graphql", "multipart/form-data"]) {
          const answer = await server.inject({
            method: "POST",
            url,
            body,
            headers: { "content-type": type },
          });
          assert.equal(answer.status, 404, `${url} ${type} ${body.slice(0, 20)}`);
        }
      }
    }
  });
});
