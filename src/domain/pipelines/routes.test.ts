import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { systemClock } from "#kernel/clock";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "./index.ts";
import { openTestProject } from "./test-project.ts";

async function openServer() {
  const kernel = await createTestKernel({ migrations: [...trackingMigrations, ...migrations] });
  const project = openTestProject(kernel, await temporaryFolder());
  await project.write({
    "dvc.yaml":
      "stages:\n  t: {foreach: [x], do: {cmd: 'echo über ${item} && cp in out', deps: [in], outs: [out]}}",
    in: "1",
  });
  const server = createServer({
    routes: project.pipelines.routes,
    authenticate: async () => ({ id: "usr_a", name: "Ada", kind: "person", via: "local" }),
    authorise: async () => {},
    clock: systemClock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  const call = async (
    method: "GET" | "POST",
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ) => {
    const url = `/api/v1/projects/p/${path}`;
    const answer = await server.inject({ method, url, headers, ...(body === undefined ? {} : { body }) });
    return {
      status: answer.status,
      text: answer.text,
      json: answer.text.startsWith("{") ? JSON.parse(answer.text) : undefined,
    };
  };
  return { ...kernel, ...project, call };
}

describe("the routes of pipelines", () => {
  it("start, show, follow and explain an execution", async () => {
    const { call, jobs } = await openServer();
    const created = await call("POST", "executions", { targets: ["t"], reason: "a try" });
    assert.deepEqual([created.status, created.json.state, created.json.actor], [201, "queued", "usr_a"]);
    assert.deepEqual(created.json.purpose, { kind: "requested", reason: "a try" });
    const settled = jobs.settle();
    const followed = await call("GET", `executions/${created.json.id}/log/stream`);
    await settled;
    assert.match(followed.text, /event: step\ndata: .*"running"/);
    assert.match(followed.text, /event: log\ndata: .*über x/);
    assert.match(followed.text, /event: end\ndata: \{"state":"succeeded"\}/);

    const log = await call("GET", `executions/${created.json.id}/steps/t@x/log?from=2`);
    assert.deepEqual(log.json, { text: "echo über x && cp in out\nüber x\n", nextByte: 36 });
    const graph = await call("GET", "pipeline");
    assert.deepEqual([graph.json.stages[0].name, graph.json.stages[0].last.state], ["t@x", "succeeded"]);
    const why = await call("GET", "pipeline/why/t");
    assert.deepEqual([why.json.explanations[0].stage, why.json.explanations[0].verdict], ["t@x", "cached"]);
    const cancelled = await call("POST", `executions/${created.json.id}/cancel`);
    assert.equal(cancelled.json.state, "succeeded");
  });

  it("read, search, follow and download the log of a step by its lines", async () => {
    const { call, jobs } = await openServer();
    const { id } = (await call("POST", "executions", { targets: ["t"] })).json;
    await jobs.settle();
    const log = `executions/${id}/steps/t@x/log`;
    const whole = {
      from: 1,
      lines: ["> echo über x && cp in out", "über x"],
      errors: [],
      total: 2,
      sizeBytes: 36,
      readBytes: 36,
      firstError: null,
      attempt: 1,
    };
    assert.deepEqual((await call("GET", `${log}/lines`)).json, whole);
    assert.deepEqual((await call("GET", `${log}/lines?from=-1`)).json, {
      ...whole,
      from: 2,
      lines: ["über x"],
    });
    assert.deepEqual((await call("GET", `${log}/search?text=%C3%9CBER`)).json, {
      hits: [1, 2],
      next: null,
      searchedBytes: 36,
    });
    const followed = await call("GET", `${log}/follow?from=2`);
    assert.match(followed.text, /event: lines\ndata: \{"from":2,"lines":\["über x"\]/);
    assert.match(followed.text, /event: end\ndata: \{"state":"succeeded"\}/);
    const file = await call("GET", `${log}/file`);
    assert.deepEqual([file.status, file.text], [200, "> echo über x && cp in out\nüber x\n"]);
    assert.equal((await call("GET", `executions/${id}/steps/none/log/lines`)).json.code, "step_not_found");
    // Found by a fuzzer: more than a whole number can hold, at the one route that answers no JSON.
    for (const attempt of ["6083545413314285775355904", "-1", "x"])
      assert.equal(
        (await call("GET", `executions/${id}/steps/none/log/file?attempt=${attempt}`)).json.code,
        "request_invalid",
      );
  });

  it("start once what is asked for twice under one key, wait for its end, and refuse a key without sense", async () => {
    const { call, jobs } = await openServer();
    const headers = { "idempotency-key": "airflow run 1" };
    const first = await call("POST", "executions", {}, headers);
    const again = await call("POST", "executions", {}, headers);
    assert.deepEqual([again.status, again.json.id], [201, first.json.id]);
    const waiting = call("GET", `executions/${first.json.id}?waitSeconds=60`);
    await jobs.settle();
    assert.equal((await waiting).json.state, "succeeded");
    const little = await call("GET", `executions/${first.json.id}`, undefined, { prefer: "return=minimal" });
    assert.deepEqual([little.json.state, little.json.steps], ["succeeded", []]);
    const other = await call("POST", "executions", { targets: ["t"] }, headers);
    assert.deepEqual([other.status, other.json.code], [409, "idempotency_key_reused"]);
    const long = await call("POST", "executions", {}, { "idempotency-key": "x".repeat(201) });
    assert.deepEqual([long.status, long.json.code], [400, "idempotency_key_refused"]);
  });

  it("keep of what a task elsewhere asked for the run of that task, and refuse a text that is none", async () => {
    const { call } = await openServer();
    const runId = "01a222ae-2d4d-7656-96ea-c42a2c52987c";
    const begun = await call("POST", "executions", {
      lineageParent: `team/nightly.train/${runId}`,
      lineageRoot: `postgres://db:5432/nightly/${runId.toUpperCase()}`,
    });
    assert.partialDeepStrictEqual(begun.json.purpose, {
      parent: { namespace: "team", job: "nightly.train", runId },
      root: { namespace: "postgres://db:5432", job: "nightly", runId },
    });
    const wrong = await call("POST", "executions", { lineageParent: "nightly.train/7" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.json.message, /namespace\/job\/UUID/);
  });

  it("say of a step why it ran, against the nearest result before it, and whose result stood in", async () => {
    const { call, jobs, clock, write } = await openServer();
    const ids: string[] = [];
    for (const text of ["1", "2", "1"]) {
      clock.advanceMs(10);
      await write({ in: text });
      ids.push((await call("POST", "executions", {})).json.id);
      await jobs.settle();
    }
    const whys = await Promise.all(
      ids.map(async (id) => (await call("GET", `executions/${id}/steps/t@x/why`)).json),
    );
    const [first, second] = ids;
    assert.deepEqual(
      whys.map(({ verdict, differences, lastStep }) => [
        verdict,
        differences.map(({ part, name }: { part: string; name: string }) => `${part} ${name}`),
        lastStep?.execution,
      ]),
      [
        ["runs", [], undefined],
        ["runs", ["dependency in"], first],
        ["cached", [], first],
      ],
    );
    assert.equal(whys[1].differences[0].before, whys[0].now.deps.in);
    assert.notEqual(second, first);
  });

  it("page through executions, newest first", async () => {
    const { call, clock } = await openServer();
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      clock.advanceMs(1);
      ids.unshift((await call("POST", "executions", {})).json.id);
    }
    const first = await call("GET", "executions?limit=2");
    const second = await call("GET", `executions?limit=2&before=${first.json.next}`);
    const idsOf = (page: { json: { executions: { id: string }[] } }) =>
      page.json.executions.map(({ id }) => id);
    assert.deepEqual([idsOf(first), idsOf(second), second.json.next], [ids.slice(0, 2), ids.slice(2), null]);
  });

  it("answer a mistake in the file with its place, and the unknown with 404", async () => {
    const { call, write } = await openServer();
    const elsewhere = await call("GET", "executions/exe_none");
    assert.deepEqual([elsewhere.status, elsewhere.json.code], [404, "execution_not_found"]);
    const unknown = await call("GET", "pipeline/why/zz");
    assert.deepEqual([unknown.status, unknown.json.code], [404, "stage_unknown"]);
    await write({ "dvc.yaml": "stages:\n  t: {cmdd: x}" });
    const wrong = await call("POST", "executions", {});
    assert.deepEqual(
      [wrong.status, wrong.json.code, wrong.json.position, wrong.json.next],
      [400, "pipeline_invalid", { file: "dvc.yaml", line: 2, column: 7 }, 'Did you mean "cmd"?'],
    );
  });
});
