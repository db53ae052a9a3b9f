import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";

import { runIdOf } from "#lineage";

import { openReceiver } from "./receiver.ts";
import type { Receiver } from "./receiver.ts";
import { createSchemaCheck } from "./schema-check.ts";
import { openShop } from "./shop.ts";
import type { Shop } from "./shop.ts";

async function addEndpoint(shop: Shop, receiver: Receiver, more: object = {}): Promise<string> {
  const order = { name: "catalogue", url: receiver.url, ...more };
  const { status, body } = await shop.call("POST", "/api/v1/lineage/endpoints", order);
  assert.equal(status, 201, JSON.stringify(body));
  return body.id;
}

const linesOf = (receiver: Receiver): readonly string[] =>
  receiver.taken.map(({ eventType, job }) => `${job.name} ${eventType}`);

const wholeRun = [
  "shop START",
  "shop.clean START",
  "shop.clean COMPLETE",
  "shop.report START",
  "shop.report COMPLETE",
  "shop COMPLETE",
];

describe("telling an endpoint of lineage", () => {
  it("sends a START and an end for the execution and each step, valid by every schema they name", async () => {
    const [shop, receiver] = [await openShop(), await openReceiver()];
    await addEndpoint(shop, receiver, { key: "secret-key", namespace: "here" });
    const execution = await shop.run();
    assert.equal(execution.state, "succeeded");
    await receiver.took(6);
    assert.deepEqual(linesOf(receiver), wholeRun);
    const check = await createSchemaCheck(shop.system.url());
    assert.deepEqual(receiver.taken.flatMap(check), []);
    assert.ok(receiver.sent.every(({ authorization }) => authorization === "Bearer secret-key"));

    const [start, , clean, , report] = receiver.taken;
    assert.deepEqual(
      [start?.job.namespace, start?.run.runId, start?.run.facets["gyre_execution"]?.["execution"]],
      ["here", runIdOf(execution.id), execution.id],
    );
    const parent = { run: { runId: start?.run.runId }, job: { namespace: "here", name: "shop" } };
    assert.partialDeepStrictEqual(clean?.run.facets["parent"], { ...parent, root: parent });
    assert.partialDeepStrictEqual(clean?.job.facets, {
      documentation: { description: "newest orders first" },
      sourceCode: { language: "shell", sourceCode: "sort -r data/orders.csv > clean.csv" },
      sourceCodeLocation: { version: execution.codeDigest, path: "dvc.yaml" },
      jobType: { processingType: "BATCH", integration: "GYRE", jobType: "TASK" },
    });
    assert.partialDeepStrictEqual(clean?.inputs, [
      {
        name: join(shop.folder, "data/orders.csv"),
        facets: {
          schema: { fields: [{ name: "order" }, { name: "amount" }] },
          symlinks: { identifiers: [{ namespace: "gyre", name: "shop/data/orders" }] },
        },
      },
    ]);
    const [first, second] = execution.steps;
    const made = first?.outs[0];
    assert.partialDeepStrictEqual(clean?.outputs, [
      {
        namespace: "file",
        name: join(shop.folder, "clean.csv"),
        facets: { version: { datasetVersion: made?.digest } },
        outputFacets: { outputStatistics: { size: made?.sizeBytes, fileCount: 1 } },
      },
    ]);
    assert.partialDeepStrictEqual(report?.outputs, [
      { name: join(shop.folder, "out"), outputFacets: { outputStatistics: { fileCount: 2 } } },
      { name: join(shop.folder, "m.json") },
    ]);
    assert.partialDeepStrictEqual(report?.run.facets["gyre_step"], {
      state: "succeeded",
      attempt: 1,
      trackingRun: second?.runId,
      metrics: { orders: 2 },
    });
  });

  it("tells of a step that was taken over, of one that failed with its last words, and of none that never began", async () => {
    const [shop, receiver] = [await openShop(), await openReceiver()];
    await addEndpoint(shop, receiver);
    await shop.run(["clean"]);
    await receiver.took(4);
    await shop.write({ "report.sh": "echo no paper >&2; exit 3\n" });
    await shop.write({
      "dvc.yaml": `stages:
  clean: { cmd: sort -r data/orders.csv > clean.csv, deps: [data/orders.csv], outs: [clean.csv] }
  report: { cmd: sh report.sh, deps: [clean.csv, report.sh], outs: [out] }
  later: { cmd: cp -r out last, deps: [out], outs: [last] }
`,
    });
    const failed = await shop.run();
    assert.equal(failed.state, "failed");
    await receiver.took(10);
    assert.deepEqual(linesOf(receiver).slice(4), [
      "shop START",
      "shop.clean START",
      "shop.clean COMPLETE",
      "shop.report START",
      "shop.report FAIL",
      "shop FAIL",
    ]);
    const [, , cached, , report, end] = receiver.taken.slice(4);
    assert.partialDeepStrictEqual(cached?.run.facets["gyre_step"], { state: "cached", attempt: 0 });
    const message = failed.steps.find(({ stage }) => stage === "report")?.failure?.message;
    assert.partialDeepStrictEqual(report?.run.facets["errorMessage"], {
      message,
      programmingLanguage: "SHELL",
      stackTrace: "no paper",
    });
    assert.partialDeepStrictEqual(end?.run.facets["errorMessage"], { message });
    const check = await createSchemaCheck(shop.system.url());
    assert.deepEqual(receiver.taken.flatMap(check), []);
  });

  it("brings what could not be told after a restart, in order and once, and does not wait for a bad event", async () => {
    const shop = await openShop();
    let isOpen = false;
    const receiver = await openReceiver(({ eventType, job }) => {
      if (!isOpen) return 503;
      return job.name === "shop.clean" && eventType === "START" ? 422 : 200;
    });
    const endpoint = await addEndpoint(shop, receiver);
    const execution = await shop.run();
    assert.equal(execution.state, "succeeded");
    await shop.system.ledger.settle();
    isOpen = true;
    const again = await shop.restart();
    await receiver.took(5);
    await again.system.jobs.settle();
    assert.deepEqual(
      linesOf(receiver),
      wholeRun.filter((line) => line !== "shop.clean START"),
    );
    const { body } = await again.call("GET", "/api/v1/lineage/endpoints");
    assert.deepEqual(
      [body.endpoints[0].id, body.endpoints[0].events, body.endpoints[0].lastRefusal.status],
      [endpoint, { pending: 0, sent: 5, refused: 1, givenUp: 0, dropped: 0 }, 422],
    );
  });

  it("tells a new endpoint nothing of what was begun before, and one of another project nothing at all", async () => {
    const [shop, late, other] = [await openShop(), await openReceiver(), await openReceiver()];
    await addEndpoint(shop, other, { project: "elsewhere" });
    await shop.run(["clean"]);
    await addEndpoint(shop, late);
    await shop.run();
    await late.took(6);
    assert.deepEqual([linesOf(late), other.sent.length], [wholeRun, 0]);
  });

  it("answers the schemas its events name, and who it is, to anybody", async () => {
    const shop = await openShop();
    const { body } = await shop.call("GET", "/api/v1/openlineage");
    for (const url of body.facets) {
      const schema = await shop.call("GET", new URL(url).pathname);
      assert.deepEqual([schema.status, schema.body.$id], [200, url]);
    }
    assert.equal(body.facets.length, 2);
  });
});
