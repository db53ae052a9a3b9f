import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { systemClock } from "#kernel/clock";
import { createServer } from "#kernel/http";
import { silentLog } from "#kernel/log";
import { createTestKernel, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "../index.ts";
import { openStudyProject, parabola } from "./test-study.ts";

async function openServer() {
  const kernel = await createTestKernel({ migrations: [...trackingMigrations, ...migrations] });
  const project = openStudyProject(kernel, await temporaryFolder());
  await project.write(parabola());
  const server = createServer({
    routes: project.studies.routes,
    authenticate: async () => ({ id: "usr_a", name: "Ada", kind: "person", via: "local" }),
    authorise: async () => {},
    clock: systemClock,
    log: silentLog,
    host: "127.0.0.1",
    port: 0,
  });
  const call = async (method: "GET" | "POST", path: string, body?: object) => {
    const url = `/api/v1/projects/p/studies${path}`;
    const answer = await server.inject({ method, url, ...(body === undefined ? {} : { body }) });
    return { status: answer.status, json: JSON.parse(answer.text) };
  };
  return { ...kernel, ...project, call };
}

const grid = { space: { x: "int(1, 5)", y: [0, 1] }, minimize: "loss", sampler: "grid", parallel: 2 };

describe("the routes of studies", () => {
  it("start a study as it is written in gyre.yaml, show it by its name, and tell what mattered", async () => {
    const { call, jobs } = await openServer();
    const begun = await call("POST", "", { name: "tune", study: grid });
    assert.deepEqual(
      [begun.status, begun.json.state, begun.json.actor, begun.json.wantedTrials, begun.json.importances],
      [201, "running", "usr_a", 10, [null]],
    );
    await jobs.settle();
    const { json: shown } = await call("GET", "/tune");
    assert.deepEqual(
      [shown.id, shown.state, shown.counts, shown.best[0].parameters],
      [
        begun.json.id,
        "finished",
        { running: 0, complete: 10, pruned: 0, failed: 0, cancelled: 0 },
        { x: 2, y: 0 },
      ],
    );
    // (x − 2)² + y over the grid: x moves the value far more than y does.
    assert.deepEqual(
      shown.importances[0].parameters.map(({ name }: { name: string }) => name),
      ["x", "y"],
    );
    assert.ok(shown.importances[0].parameters[0].share > 0.8);
    const { json: listed } = await call("GET", "");
    assert.deepEqual([listed.studies.length, listed.declared, listed.next], [1, [], null]);
    assert.equal((await call("POST", "/tune/resume", {})).json.code, "study_complete");
    assert.equal((await call("POST", "/tune/stop")).json.state, "finished");
  });

  it("refuse what contradicts itself, and what is not there", async () => {
    const { call } = await openServer();
    const refused = await call("POST", "", { name: "tune", study: { ...grid, space: { x: "int(5, 1)" } } });
    assert.deepEqual([refused.status, /5 is not below 1/.test(JSON.stringify(refused.json))], [400, true]);
    assert.equal((await call("POST", "", { name: "tune" })).json.code, "study_not_declared");
    assert.equal((await call("GET", "/stu_1")).json.code, "study_not_found");
  });
});
