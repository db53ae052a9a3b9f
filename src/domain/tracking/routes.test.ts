import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createServer } from "#kernel/http";
import { createTestKernel } from "#kernel/testing";

import { createTracking, migrations } from "./index.ts";

const startMs = Date.UTC(2027, 0, 1);
const base = "/api/v1/projects/care/runs";

async function openServer() {
  const kernel = await createTestKernel({ migrations, startMs });
  const tracking = createTracking({ ...kernel, isProject: async () => false });
  const server = createServer({
    routes: tracking.routes,
    authenticate: async () => ({ id: "usr_ada", name: "Ada", kind: "person", via: "local" }),
    authorise: async () => {},
    clock: kernel.clock,
    log: kernel.log,
    host: "127.0.0.1",
    port: 0,
  });
  const run = async (name: string, auc: number, depth: string, project = "care"): Promise<string> => {
    const made = await tracking.commands.createRun({ project, name, actor: "usr_ada", startedAtMs: startMs });
    await tracking.commands.logBatch({
      runId: made.id,
      metrics: [{ key: "auc", value: auc, step: 0, atMs: startMs }],
      params: [{ key: "depth", value: depth }],
    });
    return made.id;
  };
  const get = async (url: string): Promise<unknown> => (await server.inject({ url })).json();
  return { server, tracking, run, get };
}

describe("the routes of runs", () => {
  it("list a page with the chosen columns and the cursor of the next", async () => {
    const { run, get } = await openServer();
    const ids = [await run("a", 0.7, "3"), await run("b", Number.NaN, "4"), await run("c", 0.9, "5")];
    const url = `${base}?order=metrics.auc%20DESC&columns=metrics.auc&limit=2`;
    const row = {
      experimentId: "1",
      status: "running",
      startedAtMs: startMs,
      endedAtMs: null,
      actor: "usr_ada",
      userName: "",
      params: {},
      tags: {},
    };
    const first = await get(url);
    assert.ok(
      typeof first === "object" && first !== null && "cursor" in first && typeof first.cursor === "string",
    );
    assert.deepEqual(first, {
      cursor: first.cursor,
      runs: [
        { ...row, id: ids[2], name: "c", metrics: { auc: 0.9 } },
        { ...row, id: ids[0], name: "a", metrics: { auc: 0.7 } },
      ],
    });
    assert.deepEqual(await get(`${url}&cursor=${first.cursor}`), {
      cursor: null,
      runs: [{ ...row, id: ids[1], name: "b", metrics: { auc: null } }],
    });
  });

  it("set runs side by side and mark what differs", async () => {
    const { run, get } = await openServer();
    const ids = [await run("a", 0.7, "3"), await run("b", 0.7, "4")];
    const compared = await get(`${base}/compare?ids=${ids.join(",")}`);
    assert.ok(
      typeof compared === "object" && compared !== null && "params" in compared && "metrics" in compared,
    );
    assert.deepEqual(compared.params, [{ key: "depth", values: ["3", "4"], differs: true }]);
    assert.deepEqual(compared.metrics, [{ key: "auc", values: [0.7, 0.7], differs: false }]);
  });

  it("give a series whose key holds a slash", async () => {
    const { run, get, tracking } = await openServer();
    const id = await run("a", 0.7, "3");
    const metrics = [1, 2, 3].map((step) => ({
      key: "val/loss",
      value: 1 / step,
      step,
      atMs: startMs + step,
    }));
    await tracking.commands.logBatch({ runId: id, metrics });
    const bucket = (step: number) => {
      const [value, atMs] = [1 / step, startMs + step];
      return {
        fromStep: step,
        toStep: step,
        fromMs: atMs,
        toMs: atMs,
        count: 1,
        min: value,
        max: value,
        last: value,
      };
    };
    const expected = { key: "val/loss", axis: "step", points: 3, buckets: [bucket(1), bucket(2), bucket(3)] };
    assert.deepEqual(await get(`${base}/${id}/series?key=val%2Floss`), expected);
    assert.deepEqual(await get(`${base}/${id}/metrics/val%2Floss`), expected);
  });

  it("show a run only in its own project, with its parent and children", async () => {
    const { server, run, get, tracking } = await openServer();
    const parent = await run("parent", 0.7, "3");
    const child = await tracking.commands.createRun({
      project: "care",
      name: "child",
      parentRunId: parent,
      actor: "usr_ada",
      startedAtMs: startMs,
    });
    const shown = await get(`${base}/${parent}`);
    assert.ok(
      typeof shown === "object" && shown !== null && "children" in shown && Array.isArray(shown.children),
    );
    assert.deepEqual(
      shown.children.map((one: { id: string }) => one.id),
      [child.id],
    );
    const elsewhere = await server.inject({ url: `/api/v1/projects/other/runs/${parent}` });
    assert.equal(elsewhere.status, 404);
    assert.deepEqual(await get(`/api/v1/runs/${parent}`), { id: parent, project: "care", experimentId: "1" });
  });
});
