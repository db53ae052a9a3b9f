import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";

import { checkExample, createSchemaCheck, specifiedCases } from "./schema-check.ts";
import { openShop } from "./shop.ts";

const producer = "https://example.com/emitter";
const run = (id: number, facets: object = {}): object => ({
  runId: `00000000-0000-4000-8000-${String(id).padStart(12, "0")}`,
  facets,
});
const file = (name: string, facets: object = {}): object => ({ namespace: "file", name, facets });

function event(more: object): Record<string, unknown> {
  return {
    eventTime: "2027-01-01T10:00:00Z",
    eventType: "COMPLETE",
    producer,
    schemaURL: "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    run: run(1),
    job: { namespace: "airflow", name: "daily.load", facets: {} },
    inputs: [],
    outputs: [],
    ...more,
  };
}

/** The places in an event where a facet of the specification may stand. */
const placements: readonly ((facets: object) => Record<string, unknown>)[] = [
  (facets) => event({ run: run(2, facets) }),
  (facets) => event({ job: { namespace: "n", name: "j", facets } }),
  (facets) => event({ inputs: [{ ...file("in"), facets }] }),
  (facets) => event({ inputs: [{ ...file("in"), inputFacets: facets }] }),
  (facets) => event({ outputs: [{ ...file("out"), outputFacets: facets }] }),
  (facets) => ({
    eventTime: "2027-01-01T10:00:00Z",
    producer,
    schemaURL: "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",
    dataset: { ...file("alone"), facets },
  }),
];

describe("taking lineage in", () => {
  it("takes every example of the specification at every place, and gives it back as it came", async () => {
    const shop = await openShop();
    const sent: unknown[] = [];
    for (const { facet, content } of specifiedCases()) {
      for (const one of facet === undefined ? [content] : placements.map((place) => place(content))) {
        const { status, body } = await shop.call("POST", "/api/v1/lineage", one);
        assert.equal(status, 200, `${facet}: ${JSON.stringify(body)}`);
        sent.push(one);
      }
    }
    const { body } = await shop.call("GET", "/api/v1/events/lineage?limit=1000");
    const key = (value: unknown): string => JSON.stringify(value);
    // Some examples are equal but for their name, and the same event counts once.
    const different = new Set(sent.map(key));
    assert.deepEqual(new Set(body.events.map(key)), different);
    assert.equal(body.totalCount, different.size);
  });

  it("is measured with schemas that accept every example and refuse broken ones", async () => {
    const check = await createSchemaCheck((await openShop()).system.url());
    for (const example of specifiedCases().filter(({ facet }) => facet !== undefined)) {
      assert.deepEqual(checkExample(example), [], example.name);
    }
    assert.deepEqual(check(event({})), []);
    assert.notDeepEqual(check(event({ run: { runId: "seven" } })), []);
    assert.notDeepEqual(check(event({ eventType: "DONE" })), []);
  });

  it("joins what others report with what our own steps read and wrote", async () => {
    const shop = await openShop();
    await shop.run();
    const orders = join(shop.folder, "data/orders.csv");
    await shop.call(
      "POST",
      "/api/v1/lineage",
      event({
        inputs: [{ namespace: "postgres://db:5432", name: "shop.public.orders" }],
        outputs: [file(orders)],
      }),
    );
    await shop.call(
      "POST",
      "/api/v1/lineage",
      event({
        run: run(3),
        job: { namespace: "airflow", name: "daily.mail" },
        inputs: [file(join(shop.folder, "out"))],
        outputs: [{ namespace: "s3://reports", name: "daily.html" }],
      }),
    );
    const start = "dataset:postgres://db:5432:shop.public.orders";
    const { body } = await shop.call("GET", `/api/v1/lineage?nodeId=${encodeURIComponent(start)}&depth=20`);
    const short = (id: string): string => id.replace(`${shop.folder}/`, "");
    const edges = body.graph.flatMap(
      ({ outEdges }: { outEdges: { origin: string; destination: string }[] }) =>
        outEdges.map(({ origin, destination }) => `${short(origin)} > ${short(destination)}`),
    );
    assert.deepEqual(edges.toSorted(), [
      "dataset:file:clean.csv > job:gyre:shop.report",
      "dataset:file:data/orders.csv > job:gyre:shop.clean",
      "dataset:file:out > job:airflow:daily.mail",
      "dataset:file:report.sh > job:gyre:shop.report",
      "dataset:postgres://db:5432:shop.public.orders > job:airflow:daily.load",
      "job:airflow:daily.load > dataset:file:data/orders.csv",
      "job:airflow:daily.mail > dataset:s3://reports:daily.html",
      "job:gyre:shop.clean > dataset:file:clean.csv",
      "job:gyre:shop.report > dataset:file:m.json",
      "job:gyre:shop.report > dataset:file:out",
    ]);
    const ours = body.graph.find(({ id }: { id: string }) => id === `dataset:file:${orders}`);
    assert.deepEqual(ours.data.link, "/projects/shop/data/orders/1");
    const found = await shop.call("GET", "/api/v1/lineage/nodes?text=DAILY&type=JOB");
    assert.deepEqual(
      found.body.nodes.map(({ id }: { id: string }) => id),
      ["job:airflow:daily.load", "job:airflow:daily.mail"],
    );
  });

  it("follows a run through its events, whatever their order, and finds what ran within another", async () => {
    const shop = await openShop();
    const parent = { parent: { _producer: producer, _schemaURL: producer, run: run(9), job: {} } };
    const at = (eventType: string, minute: number, facets: object = {}): object =>
      event({ eventType, eventTime: `2027-01-01T10:0${minute}:00`, run: run(4, facets) });
    for (const one of [at("COMPLETE", 5), at("START", 1, parent), at("OTHER", 6), at("RUNNING", 2)]) {
      assert.equal((await shop.call("POST", "/api/v1/lineage", one)).status, 200);
    }
    const { body } = await shop.call("GET", "/api/v1/lineage/runs?namespace=airflow&name=daily.load");
    const [{ facets: _, ...known }, ...others] = body.runs;
    assert.deepEqual(
      [known, others],
      [
        {
          id: "00000000-0000-4000-8000-000000000004",
          job: { namespace: "airflow", name: "daily.load" },
          state: "COMPLETE",
          parentId: "00000000-0000-4000-8000-000000000009",
          startedAt: "2027-01-01T10:01:00.000Z",
          endedAt: "2027-01-01T10:05:00.000Z",
        },
        [],
      ],
    );
    const within = await shop.call("GET", `/api/v1/lineage/runs?parent=${known.parentId}`);
    assert.deepEqual(within.body.runs.length, 1);
  });

  it("keeps columns apart, and takes a facet away that is marked as deleted", async () => {
    const shop = await openShop();
    const lineage = specifiedCases().find(({ name }) => name === "ColumnLineageDatasetFacet/1.json");
    const describe = (facet: object, minute: number): object =>
      event({ eventTime: `2027-01-01T10:0${minute}:00Z`, outputs: [file("/t", facet)] });
    await shop.call(
      "POST",
      "/api/v1/lineage",
      describe({ ...lineage?.content, ownership: { owners: [] } }, 1),
    );
    await shop.call("POST", "/api/v1/lineage", describe({ ownership: { _deleted: true } }, 2));
    const { body } = await shop.call("GET", "/api/v1/lineage?nodeId=dataset:file:/t&depth=1");
    const node = body.graph.find(({ id }: { id: string }) => id === "dataset:file:/t");
    assert.deepEqual(Object.keys(node.data.facets), ["columnLineage"]);
    assert.ok(body.columns.length > 0);
    assert.ok(
      body.columns.every(({ destination }: { destination: string }) => destination === "dataset:file:/t"),
    );
  });

  it("takes a batch apart, and packed bodies as they are", async () => {
    const shop = await openShop();
    const good = event({});
    const batch = await shop.call("POST", "/api/v1/lineage/batch", [
      good,
      { job: {} },
      event({ run: run(7) }),
    ]);
    assert.deepEqual(
      [batch.status, batch.body.status, batch.body.summary, batch.body.failed_events[0].index],
      [200, "partial_success", { received: 3, successful: 2, failed: 1, retriable: 0, non_retriable: 1 }, 1],
    );
    const packed = await fetch(`${shop.system.url()}/api/v1/projects/shop/lineage`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify(good)),
    });
    assert.equal(packed.status, 200);
    const { body } = await shop.call("GET", "/api/v1/events/lineage");
    assert.equal(body.totalCount, 3, "the same event of the project and of none are two");
  });

  it("refuses an event that is not one, and names the field", async () => {
    const shop = await openShop();
    const time = "2027-01-01T10:00:00Z";
    for (const [broken, field] of [
      [event({ run: {} }), "body.run.runId"],
      [event({ run: { runId: "7" } }), "body.run.runId"],
      [event({ eventType: "DONE" }), "body.eventType"],
      [event({ eventTime: "yesterday" }), "body.eventTime"],
      [event({ inputs: [{ namespace: "file" }] }), "body.inputs[0].name"],
      [{ eventTime: time, producer, schemaURL: producer }, "body.dataset"],
    ] as const) {
      const { status, body } = await shop.call("POST", "/api/v1/lineage", broken);
      assert.deepEqual([status, body.code, body.data.fields[0].field], [400, "request_invalid", field]);
    }
  });
});
