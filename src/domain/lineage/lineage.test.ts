import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Database } from "#kernel/db";
import { idTimeMs } from "#kernel/ids";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";

import type { Report } from "./commands.ts";
import { createLineage, migrations, runIdOf } from "./index.ts";
import type { NodeName } from "./index.ts";

const dataset = (name: string): NodeName => ({ kind: "dataset", namespace: "file", name });
const job = (name: string): NodeName => ({ kind: "job", namespace: "airflow", name });
const everything = { projects: [], shared: true };

async function openLineage(db: Database) {
  const kernel = await createTestKernel({ db, migrations });
  const notAsked = async (): Promise<never> => assert.fail("no project is looked at");
  const lineage = createLineage({
    ...kernel,
    objectives: { listProjects: notAsked, getCharter: notAsked },
    data: { listVersions: notAsked },
    pipelines: { lastResults: notAsked },
  });
  let count = 0;
  const record = async (more: Partial<Report>): Promise<boolean> =>
    await lineage.commands.record({
      project: null,
      actor: "usr_a",
      body: JSON.stringify({ count: (count += 1) }),
      producer: "https://example.com",
      atMs: 1_000,
      run: null,
      nodes: [],
      edges: [],
      ...more,
    });
  return { ...kernel, lineage, record };
}

describeOnEveryEngine("lineage", (open) => {
  it("keeps a report once, and each thing and edge of it", async () => {
    const { lineage, record } = await openLineage(await open());
    const report = {
      body: '{"one":1}',
      nodes: [{ ...dataset("/a"), facets: { owner: { name: "ada" } } }],
      edges: [{ origin: dataset("/a"), destination: job("load") }],
    };
    assert.deepEqual([await record(report), await record(report)], [true, false]);
    const { nodes, edges } = await lineage.graph(everything, "dataset:file:/a", 3);
    assert.deepEqual(
      nodes.map(({ key, facets }) => [key, facets]),
      [
        ["dataset:file:/a", { owner: { name: "ada" } }],
        ["job:airflow:load", {}],
      ],
    );
    assert.deepEqual(
      edges.map(({ origin, destination }) => [origin, destination]),
      [["dataset:file:/a", "job:airflow:load"]],
    );
    assert.equal((await lineage.listReports(everything, { limit: 10, offset: 0 })).total, 1);
  });

  it("lets a newer report replace a facet, an older one only add what is missing, and null take it away", async () => {
    const { lineage, record } = await openLineage(await open());
    const say = async (atMs: number, facets: object): Promise<unknown> =>
      await record({ atMs, nodes: [{ ...dataset("/a"), facets: { ...facets } }] });
    await say(2_000, { schema: 2, owner: 2 });
    await say(1_000, { schema: 1, early: 1 });
    await say(3_000, { owner: null, late: 3 });
    const { nodes } = await lineage.graph(everything, "dataset:file:/a", 0);
    assert.deepEqual(nodes[0]?.facets, { schema: 2, early: 1, late: 3 });
  });

  it("walks as far as it is asked to, in both directions, around a ring once", async () => {
    const { lineage, record } = await openLineage(await open());
    const ring = ["/a", "/b", "/c", "/d"].map(dataset);
    const edges = ring.map((origin, index) => ({ origin, destination: ring[(index + 1) % 4] ?? origin }));
    await record({ edges });
    const near = await lineage.graph(everything, "dataset:file:/a", 1);
    assert.deepEqual(near.nodes.map(({ name }) => name).toSorted(), ["/a", "/b", "/d"]);
    const all = await lineage.graph(everything, "dataset:file:/a", 50);
    assert.deepEqual([all.nodes.length, all.edges.length, all.isCut], [4, 4, false]);
    await assert.rejects(lineage.graph(everything, "dataset:file:/z", 1), { code: "lineage_node_not_found" });
  });

  it("shows what belongs to a project only to those who look at it", async () => {
    const { lineage, record } = await openLineage(await open());
    await record({ project: "shop", edges: [{ origin: dataset("/a"), destination: job("secret") }] });
    await record({ edges: [{ origin: dataset("/a"), destination: job("shared") }] });
    const found = await lineage.searchNodes(everything, { text: "", limit: 10 });
    assert.deepEqual(
      found.map(({ name }) => name),
      ["/a", "shared"],
    );
  });

  it("finds things by a part of their name, whatever signs it has", async () => {
    const { lineage, record } = await openLineage(await open());
    const nodes = ["/A_b", "/AXb", "/50%", "/500"].map((name) => ({ ...dataset(name), facets: {} }));
    await record({ nodes });
    const find = async (text: string): Promise<readonly string[]> =>
      (await lineage.searchNodes(everything, { text, limit: 10 })).map(({ name }) => name);
    assert.deepEqual([await find("a_B"), await find("50%"), await find("\\")], [["/A_b"], ["/50%"], []]);
  });

  it("tells of a run when it is new and when it has ended, and takes reports from all sides at once", async () => {
    const { lineage, record, ledger } = await openLineage(await open());
    const run = (state: "START" | "RUNNING" | "COMPLETE", atMs: number): Partial<Report> => ({
      atMs,
      run: { runId: "r", job: job("load"), state, parentRunId: null, facets: { [state]: atMs } },
      edges: [
        { origin: dataset("/b"), destination: job("load") },
        { origin: dataset("/a"), destination: job("load") },
      ],
    });
    const states = ["COMPLETE", "START", "RUNNING", "START"] as const;
    await Promise.all(states.map(async (state, index) => await record(run(state, 1_000 + index))));
    const [known] = await lineage.runsOfJob(everything, job("load"), 10);
    assert.deepEqual(
      [known?.state, known?.startedAtMs, known?.endedAtMs, Object.keys(known?.facets ?? {}).toSorted()],
      ["COMPLETE", 1_001, 1_000, ["COMPLETE", "RUNNING", "START"]],
    );
    const told = await ledger.list({ kinds: ["lineage_run.reported"] });
    assert.ok(told.length === 1 || told.length === 2, "once as new and once as ended, or both at once");
  });
});

describe("the UUID of a run", () => {
  it("is a version 7 of the time in the id, and always the same", () => {
    const id = "stp_1hq8z3k0m4x2abcdefgh";
    const uuid = runIdOf(id);
    assert.match(uuid, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.equal(Number.parseInt(uuid.replaceAll("-", "").slice(0, 12), 16), idTimeMs(id));
    assert.deepEqual([runIdOf(id), runIdOf(`${id.slice(0, -1)}x`) === uuid], [uuid, false]);
  });
});
