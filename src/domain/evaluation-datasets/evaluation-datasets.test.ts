import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { writeExactJson } from "#kernel/exact-json";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { OpenTestDatabase } from "#kernel/testing";
import { createTraces, migrations as traceMigrations } from "#traces";
import { createTracking, migrations as trackingMigrations } from "#tracking";

import { createEvaluationDatasets, migrations, parseRecords } from "./index.ts";
import { extendSchema } from "./records.ts";

const actor = "usr_ada";
const startMs = Date.UTC(2027, 0, 1);

async function openDatasets(open: OpenTestDatabase) {
  const kernel = await createTestKernel({
    db: await open(),
    migrations: [...trackingMigrations, ...traceMigrations, ...migrations],
    startMs,
  });
  const tracking = createTracking({ ...kernel, isProject: async (name) => name === "care" });
  const care = await tracking.commands.ensureExperiment({ project: "care", actor });
  const free = await tracking.commands.createExperiment({ name: "free", actor });
  const datasets = createEvaluationDatasets({
    ...kernel,
    tracking,
    traces: createTraces({ ...kernel, tracking }),
  });
  const create = (name: string, given: { tags?: Record<string, string>; experimentIds?: string[] } = {}) =>
    datasets.commands.createDataset({ name, tags: {}, experimentIds: [care.id], actor, ...given });
  const upsert = (id: string, records: object[]) =>
    datasets.commands.upsertRecords({ id, records: parseRecords(JSON.stringify(records)), actor });
  const find = async (filter: string, more: object = {}) => {
    const page = { filter, orderBy: ["name"], limit: 100, pageToken: undefined, ...more };
    return (await datasets.searchDatasets(page)).items.map((dataset) => dataset.name);
  };
  return { ...kernel, datasets, care, free, create, upsert, find };
}

describeOnEveryEngine("an evaluation data set", (open) => {
  it("finds the records that say a text, whatever its case and its signs, and pages through those alone", async () => {
    const { datasets, create, upsert } = await openDatasets(open);
    const { id } = await create("qa");
    await upsert(id, [
      { inputs: { q: "Where is my Bag?" } },
      { inputs: { q: "How late?" }, expectations: { answer: 'He said "BAG", 100% sure_ly\nand left' } },
      { inputs: { q: "Other" }, tags: { topic: "baggage" } },
      { inputs: { q: "none of it" }, outputs: { seen: true } },
    ]);
    const found = async (text: string): Promise<number[]> => {
      const { items } = await datasets.records(id, { limit: 10, text });
      assert.equal(await datasets.countRecords(id, text), items.length, text);
      const all = (await datasets.records(id, { limit: 10 })).items.map((one) => one.id);
      return items.map((one) => all.indexOf(one.id));
    };
    assert.deepEqual(await found("bag"), [0, 1, 2]);
    assert.deepEqual(await found('"bag", 100% SURE_'), [1]);
    assert.deepEqual(await found("ly\nand"), [1]);
    assert.deepEqual(await found("100_"), []);
    assert.deepEqual(await found("seen"), [3]);
    const first = await datasets.records(id, { limit: 2, text: "bag" });
    const { nextPageToken: pageToken } = first;
    const second = await datasets.records(id, { limit: 2, text: "bag", pageToken });
    assert.deepEqual([first.items.length, second.items.length, second.nextPageToken], [2, 1, undefined]);
    await assert.rejects(datasets.records(id, { limit: 2, pageToken }), { message: /token/i });
    await assert.rejects(datasets.getRecord(id, "dr-0"), { code: "evaluation_record_not_found" });
    assert.deepEqual(await datasets.countsOfRecords([id, "d-0"]), new Map([[id, 4]]));
  });

  it("knows a record by its inputs, and merges what is expected of it", async () => {
    const { datasets, create, upsert, clock } = await openDatasets(open);
    const { id } = await create("qa");
    const source = { source_type: "trace", source_data: { trace_id: "t1" } };
    const first = await upsert(id, [
      { inputs: { q: "a", n: 1 }, expectations: { score: 0.5, x: 1 }, tags: { v: "1" }, source },
      { inputs: { q: "b" } },
      { inputs: { n: 1, q: "a" }, expectations: { score: 1 }, tags: { w: "2" } },
    ]);
    assert.deepEqual(first, { inserted: 2, updated: 1 });
    clock.advanceMs(5);
    assert.deepEqual(await upsert(id, [{ inputs: { q: "a", n: 1 }, outputs: "yes" }]), {
      inserted: 0,
      updated: 1,
    });
    const { items } = await datasets.records(id, { limit: 10 });
    assert.deepEqual(
      items.map(({ id: _, datasetId: __, ...record }) => record),
      [
        {
          inputs: { q: "a", n: 1n },
          outputs: "yes",
          expectations: { score: 1n, x: 1n },
          tags: { v: "1", w: "2" },
          source: { source_type: "TRACE", source_data: { trace_id: "t1" } },
          sourceId: "t1",
          sourceType: "TRACE",
          createdAtMs: startMs,
          updatedAtMs: startMs + 5,
          createdBy: null,
          updatedBy: null,
        },
        {
          inputs: { q: "b" },
          outputs: {},
          expectations: null,
          tags: {},
          source: null,
          sourceId: null,
          sourceType: null,
          createdAtMs: startMs,
          updatedAtMs: startMs,
          createdBy: null,
          updatedBy: null,
        },
      ],
    );
  });

  it("has a new digest, schema and profile after each change of its records", async () => {
    const { datasets, create, upsert } = await openDatasets(open);
    const made = await create("qa");
    assert.deepEqual([made.schema, made.profile], [null, null]);
    await upsert(made.id, [{ inputs: { q: "a", t: 0.5 }, expectations: { ok: true } }]);
    const once = await datasets.getDataset(made.id);
    await upsert(made.id, [{ inputs: { q: "a", t: 0.5 }, expectations: { list: [1] } }]);
    const twice = await datasets.getDataset(made.id);
    assert.deepEqual(JSON.parse(twice.schema ?? ""), {
      inputs: { q: "string", t: "float" },
      outputs: {},
      expectations: { ok: "boolean", list: "array" },
      version: "1.0",
    });
    assert.equal(twice.profile, '{"num_records":1}');
    const { items } = await datasets.records(made.id, { limit: 10 });
    const recordIds = items.map((record) => record.id);
    assert.equal(await datasets.commands.deleteRecords({ id: made.id, recordIds, actor }), 1);
    assert.equal(await datasets.commands.deleteRecords({ id: made.id, recordIds, actor }), 0);
    const empty = await datasets.getDataset(made.id);
    assert.equal(empty.profile, null);
    assert.equal(new Set([made, once, twice, empty].map((dataset) => dataset.digest)).size, 4);
  });

  it("is found by name, tags, times, users and experiments", async () => {
    const { create, find, free, care, clock } = await openDatasets(open);
    await create("alpha", { tags: { level: "high", "mlflow.user": "ada" } });
    clock.advanceMs(10);
    await create("beta", { tags: { level: "low" }, experimentIds: [care.id, free.id] });
    await create("gamma", { experimentIds: [] });
    assert.deepEqual(await find(""), ["alpha", "beta", "gamma"]);
    assert.deepEqual(await find("tags.level != 'high'"), ["beta"]);
    assert.deepEqual(await find("name like '%a%' and created_by = 'ada'"), ["alpha"]);
    assert.deepEqual(await find(`created_time > ${startMs}`), ["beta", "gamma"]);
    assert.deepEqual(await find("", { experimentIds: [free.id] }), ["beta"]);
    assert.deepEqual(await find("", { orderBy: ["name DESC"], limit: 2 }), ["gamma", "beta"]);
    await assert.rejects(find("size = 'x'"), /Invalid attribute key/);
  });

  it("gives its records and itself in pages", async () => {
    const { datasets, create, upsert } = await openDatasets(open);
    const { id } = await create("qa");
    await create("other");
    await upsert(
      id,
      Array.from({ length: 5 }, (_, n) => ({ inputs: { n } })),
    );
    const first = await datasets.records(id, { limit: 3 });
    const second = await datasets.records(id, { limit: 3, pageToken: first.nextPageToken });
    const inputs = [...first.items, ...second.items].map((record) => writeExactJson(record.inputs));
    assert.deepEqual(inputs, ['{"n":0}', '{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}']);
    assert.equal(second.nextPageToken, undefined);
    const search = { filter: "", orderBy: [], limit: 1 };
    const one = await datasets.searchDatasets({ ...search, pageToken: undefined });
    const two = await datasets.searchDatasets({ ...search, pageToken: one.nextPageToken });
    assert.deepEqual([...one.items, ...two.items].map((dataset) => dataset.name).toSorted(), ["other", "qa"]);
    assert.equal(two.nextPageToken, undefined);
    await assert.rejects(datasets.records(id, { limit: 1, pageToken: one.nextPageToken }), {
      code: "page_token_invalid",
    });
  });

  it("belongs to the projects of its experiments, and each change is an event", async () => {
    const { datasets, create, free, care, ledger } = await openDatasets(open);
    const made = await create("qa", { tags: { a: "1" } });
    const order = { id: made.id, actor };
    const both = await datasets.commands.addExperiments({ ...order, experimentIds: [free.id] });
    assert.deepEqual(
      [both.experimentIds, both.projects],
      [
        [care.id, free.id],
        ["care", null],
      ],
    );
    await datasets.commands.removeExperiments({ ...order, experimentIds: [free.id, "77"] });
    await datasets.commands.setTags({ ...order, tags: { b: "2" } });
    await datasets.commands.deleteTag({ ...order, key: "a" });
    assert.deepEqual((await datasets.getDataset(made.id)).tags, { b: "2" });
    await assert.rejects(
      datasets.commands.addExperiments({ ...order, experimentIds: ["77"] }),
      /No Experiment/,
    );
    await datasets.commands.deleteDataset(order);
    await assert.rejects(datasets.getDataset(made.id), { code: "evaluation_dataset_not_found" });
    const events = await ledger.list({ subject: made.id });
    assert.deepEqual(
      events.map((event) => [event.kind.replace("evaluation_dataset.", ""), event.project]),
      [
        ["created", "care"],
        ["linked", "care"],
        ["unlinked", "care"],
        ["tagged", "care"],
        ["tagged", "care"],
        ["deleted", "care"],
      ],
    );
  });

  it("takes the same records from many at once without making two of one", async () => {
    const { datasets, create, upsert } = await openDatasets(open);
    const { id } = await create("qa");
    const results = await Promise.all(Array.from({ length: 6 }, () => upsert(id, [{ inputs: { q: "a" } }])));
    assert.equal(
      results.map((result) => result.inserted).reduce((a, b) => a + b),
      1,
    );
    assert.equal((await datasets.records(id, { limit: 10 })).items.length, 1);
  });
});

describe("records of an evaluation data set", () => {
  for (const [text, reason] of [
    ["{", /not valid JSON/],
    ["{}", /must be a JSON list/],
    ["[1]", /records\[0\]: it must be an object/],
    ['[{"inputs": "x"}]', /`inputs` must be an object/],
    ['[{"inputs": {}, "source": {"source_type": "GUESS"}}]', /Invalid dataset record source type/],
  ] as const) {
    it(`are refused as ${text}`, () => {
      assert.throws(() => parseRecords(text), reason);
    });
  }

  it("say the type of a value that is no object once, and keep what was seen before", () => {
    const schema = extendSchema(
      '{"inputs":{"a":"integer"}}',
      parseRecords('[{"inputs":{"a":"x"},"outputs":"y"}]'),
    );
    assert.equal(schema, '{"inputs":{"a":"integer"},"outputs":"string","expectations":{},"version":"1.0"}');
  });
});
