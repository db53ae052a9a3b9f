import assert from "node:assert/strict";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { OpenTestDatabase } from "#kernel/testing";

import { createTracking, migrations } from "./index.ts";
import { createRunTable } from "./run-table.ts";
import { createKeys } from "./store/keys.ts";
import { createRunSearch } from "./store/run-search.ts";

const actor = "usr_ada";
const startMs = Date.UTC(2027, 0, 1);

/** Ten runs, a second apart: depth 0 to 2 but for the last, auc 0.0 to 0.9, every other one of team care. */
async function openTable(open: OpenTestDatabase) {
  const kernel = await createTestKernel({ db: await open(), migrations, startMs });
  const { commands } = createTracking({ ...kernel, isProject: async () => false });
  for (let index = 0; index < 10; index++) {
    const run = await commands.createRun({
      project: "care",
      name: `r${index}`,
      actor,
      startedAtMs: startMs + index * 1_000,
    });
    await commands.logBatch({
      runId: run.id,
      metrics: [{ key: "auc", value: index / 10, step: 0, atMs: startMs }],
      params: index === 9 ? [] : [{ key: "depth", value: String(index % 3) }],
      tags: index % 2 === 0 ? [{ key: "team", value: "care" }] : [],
    });
  }
  const parts = { db: kernel.db, keys: createKeys(kernel.db), clock: kernel.clock };
  const table = createRunTable({ ...parts, searchRuns: createRunSearch(parts) });
  const names = async (filter: string) =>
    (await table.page({ project: "care", filter, limit: 100 })).items.map(({ name }) => name);
  return { table, names };
}

describeOnEveryEngine("the table of runs", (open) => {
  it("finds by or and parentheses", async () => {
    const { names } = await openTable(open);
    assert.deepEqual(await names("metrics.auc > 0.75 or params.depth = '0' and tags.team = 'care'"), [
      "r9",
      "r8",
      "r6",
      "r0",
    ]);
    assert.deepEqual(await names("(metrics.auc > 0.75 or params.depth = '0') and tags.team = 'care'"), [
      "r8",
      "r6",
      "r0",
    ]);
  });

  it("jumps to a row and goes on from there, and counts without reading", async () => {
    const { table } = await openTable(open);
    const search = { project: "care", filter: "metrics.auc < 0.85", orderBy: ["metrics.auc DESC"] };
    const names = (page: { items: readonly { name: string }[] }) => page.items.map(({ name }) => name);
    const middle = await table.page({ ...search, limit: 3, skip: 4 });
    assert.deepEqual(names(middle), ["r4", "r3", "r2"]);
    const rest = await table.page({ ...search, limit: 3, pageToken: middle.nextPageToken });
    assert.deepEqual(names(rest), ["r1", "r0"]);
    assert.equal(rest.nextPageToken, undefined);
    assert.equal(await table.count(search), 9);
    assert.deepEqual(names(await table.page({ ...search, limit: 3, skip: 100 })), []);
  });

  it("loads the chosen fields only", async () => {
    const { table } = await openTable(open);
    const [run] = (
      await table.page({ project: "care", fields: ["params.depth", "tags.none"], limit: 1, skip: 1 })
    ).items;
    assert.deepEqual([run?.params, run?.metrics, run?.tags], [{ depth: "2" }, {}, {}]);
  });

  it("groups by a parameter, with those that have none as a group of their own", async () => {
    const { table } = await openTable(open);
    assert.deepEqual(await table.groups({ project: "care", by: "params.depth", limit: 10 }), [
      { value: "0", runs: 3, newestMs: startMs + 6_000 },
      { value: "1", runs: 3, newestMs: startMs + 7_000 },
      { value: "2", runs: 3, newestMs: startMs + 8_000 },
      { value: null, runs: 1, newestMs: startMs + 9_000 },
    ]);
    assert.deepEqual(
      await table.groups({ project: "care", by: "tags.team", filter: "metrics.auc > 0.45", limit: 10 }),
      [
        { value: null, runs: 3, newestMs: startMs + 9_000 },
        { value: "care", runs: 2, newestMs: startMs + 8_000 },
      ],
    );
    await assert.rejects(table.groups({ project: "care", by: "metrics.auc", limit: 10 }), /not grouped/);
  });

  it("names the columns there are, the most common first", async () => {
    const { table } = await openTable(open);
    assert.deepEqual(await table.columns({ project: "care" }), {
      runs: 10,
      complete: true,
      columns: [
        { kind: "metric", key: "auc", runs: 10 },
        { kind: "tag", key: "mlflow.runName", runs: 10 },
        { kind: "param", key: "depth", runs: 9 },
        { kind: "tag", key: "team", runs: 5 },
      ],
    });
    assert.deepEqual(await table.columns({ project: "elsewhere" }), {
      runs: 0,
      complete: true,
      columns: [],
    });
  });
});
