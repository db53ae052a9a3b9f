import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { z } from "zod";

import { authProblems } from "#kernel/auth";
import { Problem } from "#kernel/errors";
import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "../test-server.ts";
import type { TestMethod } from "../test-server.ts";

/*
 * The published holes of this protocol's trace routes: they answered without asking who calls. Each route
 * is called, at each of its prefixes, by somebody who may do nothing, and by somebody who may do
 * everything, but in another project.
 */

const startMs = Date.UTC(2027, 0, 1);
const otherTrace = "tr-0af7651916cd43dd8448eb211c80319c";

type Scope = "nothing" | "other" | "all";

async function openServer() {
  const kernel = await createTestKernel({ migrations: testMigrations, startMs });
  let scope: Scope = "all";
  const test = createTestServer(kernel, {
    async authorise(_permission, project) {
      if (scope === "all" || (scope === "other" && project === "other")) return;
      throw new Problem(authProblems.permission_denied, { message: "Not yours." });
    },
  });
  const care = await test.tracking.commands.ensureExperiment({ project: "care", actor: "usr_eve" });
  const other = await test.tracking.commands.ensureExperiment({ project: "other", actor: "usr_eve" });
  const experimentOf = z.object({ experiment_id: z.string() });
  const run = await test.tracking.commands.createRun({
    experimentId: care.id,
    actor: "usr_ada",
    startedAtMs: startMs,
  });
  const info = (id: string, experimentId: string) => ({
    trace: {
      trace_info: {
        trace_id: id,
        trace_location: { mlflow_experiment: { experiment_id: experimentId } },
        request_preview: "secret",
      },
    },
  });
  await test.call("POST", "/api/3.0/mlflow/traces", info("t1", care.id));
  await test.call("POST", "/api/3.0/mlflow/traces", info("mine", other.id));
  const assessed = z.object({ assessment: z.object({ assessment_id: z.string() }) }).parse(
    (
      await test.call("POST", "/api/3.0/mlflow/traces/t1/assessments", {
        assessment: { assessment_name: "ok", feedback: { value: "secret" } },
      })
    ).body,
  );
  const dataset = z.object({ dataset: z.object({ dataset_id: z.string() }) }).parse(
    (
      await test.call("POST", "/api/3.0/mlflow/datasets/create", {
        name: "secret",
        experiment_ids: [care.id],
      })
    ).body,
  );
  const issue = z.object({ issue: z.object({ issue_id: z.string() }) }).parse(
    (
      await test.call("POST", "/api/3.0/mlflow/issues", {
        experiment_id: care.id,
        name: "secret",
        description: "slow",
      })
    ).body,
  );
  return {
    ...test,
    kernel,
    issue: issue.issue.issue_id,
    care: experimentOf.parse({ experiment_id: care.id }).experiment_id,
    other: other.id,
    runId: run.id,
    assessment: assessed.assessment.assessment_id,
    dataset: dataset.dataset.dataset_id,
    info,
    as: (next: Scope) => (scope = next),
  };
}

type Open = Awaited<ReturnType<typeof openServer>>;
type Request = readonly [TestMethod, string, object?];

/** Requests for one thing: all must be refused. */
const single = ({ care, runId, assessment, dataset, issue, info }: Open): readonly Request[] => [
  ["POST", "/3.0/mlflow/traces", info("t2", care)],
  ["GET", "/3.0/mlflow/traces/t1"],
  ["GET", "/3.0/mlflow/traces/get?trace_id=t1&allow_partial=true"],
  ["PATCH", "/3.0/mlflow/traces/t1/tags", { key: "a", value: "b" }],
  ["DELETE", "/3.0/mlflow/traces/t1/tags", { key: "mlflow.artifactLocation" }],
  ["POST", "/3.0/mlflow/traces/delete-traces", { experiment_id: care, request_ids: ["t1"] }],
  [
    "POST",
    "/3.0/mlflow/traces/t1/assessments",
    { assessment: { assessment_name: "x", feedback: { value: 1 } } },
  ],
  ["GET", `/3.0/mlflow/traces/t1/assessments/${assessment}`],
  ["PATCH", `/3.0/mlflow/traces/t1/assessments/${assessment}`, { assessment: {}, update_mask: "rationale" }],
  ["DELETE", `/3.0/mlflow/traces/t1/assessments/${assessment}`],
  ["POST", "/2.0/mlflow/traces", { experiment_id: care, timestamp_ms: 1 }],
  ["PATCH", "/2.0/mlflow/traces/t1", { timestamp_ms: 1, status: "OK" }],
  ["GET", "/2.0/mlflow/traces/t1/info"],
  ["PATCH", "/2.0/mlflow/traces/t1/tags", { key: "a", value: "b" }],
  ["DELETE", "/2.0/mlflow/traces/t1/tags", { key: "mlflow.artifactLocation" }],
  ["POST", "/2.0/mlflow/traces/delete-traces", { experiment_id: care, request_ids: ["t1"] }],
  ["POST", "/2.0/mlflow/traces/link-to-run", { trace_ids: ["mine"], run_id: runId }],
  [
    "POST",
    "/2.0/mlflow/traces/link-prompts",
    { trace_id: "t1", prompt_versions: [{ name: "p", version: "1" }] },
  ],
  ["GET", `/2.0/mlflow-artifacts/artifacts?path=${care}/traces/t1/artifacts`],
  ["GET", `/2.0/mlflow-artifacts/artifacts/${care}/traces/t1/artifacts/traces.json`],
  ["DELETE", `/2.0/mlflow-artifacts/artifacts/${care}/traces/t1/artifacts/traces.json`],
  ["POST", "/3.0/mlflow/issues", { experiment_id: care, name: "x", description: "y" }],
  ["GET", `/3.0/mlflow/issues/${issue}`],
  ["PATCH", `/3.0/mlflow/issues/${issue}`, { status: "resolved" }],
  ["POST", "/3.0/mlflow/datasets/create", { name: "x", experiment_ids: [care] }],
  ["POST", "/3.0/mlflow/datasets/create", { name: "of nobody" }],
  ["GET", `/3.0/mlflow/datasets/${dataset}`],
  ["GET", `/3.0/mlflow/datasets/${dataset}/records`],
  ["GET", `/3.0/mlflow/datasets/${dataset}/experiment-ids`],
  ["POST", `/3.0/mlflow/datasets/${dataset}/records`, { records: '[{"inputs":{}}]' }],
  ["DELETE", `/3.0/mlflow/datasets/${dataset}/records`, { dataset_record_ids: ["x"] }],
  ["PATCH", `/3.0/mlflow/datasets/${dataset}/tags`, { tags: '{"a":"b"}' }],
  ["DELETE", `/3.0/mlflow/datasets/${dataset}/tags/a`],
  ["POST", `/3.0/mlflow/datasets/${dataset}/add-experiments`, { experiment_ids: [care] }],
  ["POST", `/3.0/mlflow/datasets/${dataset}/remove-experiments`, { experiment_ids: [care] }],
  ["DELETE", `/3.0/mlflow/datasets/${dataset}`],
];

/** Requests for many things: they answer without those of others. */
const many = ({ care, other }: Open): readonly Request[] => [
  ["GET", "/3.0/mlflow/traces/batchGet?trace_ids=t1"],
  ["POST", "/3.0/mlflow/traces/batchGetInfos", { trace_ids: ["t1"] }],
  ["POST", "/3.0/mlflow/traces/search", { locations: [{ mlflow_experiment: { experiment_id: care } }] }],
  ["GET", `/2.0/mlflow/traces?experiment_ids=${care}`],
  ["POST", "/3.0/mlflow/issues/search", {}],
  ["POST", "/3.0/mlflow/issues/search", { experiment_id: care }],
  ["POST", "/3.0/mlflow/datasets/search", {}],
  ["GET", `/3.0/mlflow/datasets/search?experiment_ids=${care}`],
  [
    "POST",
    "/3.0/mlflow/traces/metrics",
    {
      experiment_ids: [care],
      view_type: "ASSESSMENTS",
      metric_name: "assessment_count",
      aggregations: [{ aggregation_type: "COUNT" }],
      dimensions: ["assessment_value"],
    },
  ],
  [
    "POST",
    "/3.0/mlflow/traces/calculate-filter-correlation",
    {
      experiment_ids: [care, other],
      filter_string1: "feedback.ok = 'secret'",
      filter_string2: "status != 'OK'",
    },
  ],
];

/** One span that says it belongs to `traceId`. */
const spanFor = (traceId: string) => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              traceId: otherTrace.slice(3),
              spanId: "b7ad6b7169203331",
              name: "stolen",
              startTimeUnixNano: "1798761600000000001",
              attributes: [{ key: "mlflow.traceRequestId", value: { stringValue: traceId } }],
            },
          ],
        },
      ],
    },
  ],
});

describe("the trace routes, asked by somebody without permission", () => {
  for (const scope of ["nothing", "other"] as const) {
    it(`refuse every request for one thing (${scope})`, async () => {
      const open = await openServer();
      const before = await open.kernel.ledger.list({});
      open.as(scope);
      for (const prefix of ["/api", "/ajax-api"]) {
        for (const [method, path, body] of single(open)) {
          const answer = await open.call(method, `${prefix}${path}`, body);
          assert.deepEqual([method, prefix, path, answer.status], [method, prefix, path, 403]);
          assert.doesNotMatch(JSON.stringify(answer.body), /secret/);
        }
      }
      for (const version of ["2.0", "3.0"]) {
        const url = `/ajax-api/${version}/mlflow/get-trace-artifact?request_id=t1`;
        assert.equal((await open.server.inject({ method: "GET", url })).status, 403);
      }
      assert.deepEqual(await open.kernel.ledger.list({}), before);
    });

    it(`answer requests for many things without what is another's (${scope})`, async () => {
      const open = await openServer();
      open.as(scope);
      for (const prefix of ["/api", "/ajax-api"]) {
        for (const [method, path, body] of many(open)) {
          const answer = await open.call(method, `${prefix}${path}`, body);
          assert.ok(answer.status === 200 || answer.status === 403, `${method} ${path}: ${answer.status}`);
          assert.doesNotMatch(JSON.stringify(answer.body), /secret|"t1"|"filter1_count":1/);
        }
      }
    });

    it(`keep no span (${scope})`, async () => {
      const open = await openServer();
      open.as(scope);
      for (const url of ["/v1/traces", "/v1/traces/", "//v1/traces", "/v1/%74races"]) {
        const answer = await open.server.inject({
          method: "POST",
          url,
          body: JSON.stringify(spanFor("t1")),
          headers: { "content-type": "application/json", "x-mlflow-experiment-id": open.care },
        });
        assert.ok(answer.status === 403 || answer.status === 404, `${url}: ${answer.status}`);
      }
      const { spans } = await open.traces.getTrace("t1", { allowPartial: true });
      assert.deepEqual(spans, []);
    });
  }

  it("keep no span, tag, link or assessment for another's trace in the name of an own experiment", async () => {
    const open = await openServer();
    open.as("other");
    const answer = await open.server.inject({
      method: "POST",
      url: "/v1/traces",
      body: JSON.stringify(spanFor("t1")),
      headers: { "content-type": "application/json", "x-mlflow-experiment-id": open.other },
    });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /"rejectedSpans":"1"/);
    assert.equal(
      (await open.call("POST", "/api/3.0/mlflow/traces", open.info("t1", open.other))).status,
      400,
    );
    const place = `/api/2.0/mlflow-artifacts/artifacts/${open.other}/traces/t1/artifacts/x`;
    assert.equal((await open.server.inject({ method: "PUT", url: place, body: "x" })).status, 404);
    const deletion = { experiment_id: open.other, request_ids: ["t1"] };
    const deleted = await open.call("POST", "/api/3.0/mlflow/traces/delete-traces", deletion);
    assert.deepEqual(deleted.body, { traces_deleted: 0 });
    const trace = await open.traces.getTrace("t1", { allowPartial: true });
    assert.deepEqual([trace.spans.length, trace.info.experimentId], [0, open.care]);
  });
});
