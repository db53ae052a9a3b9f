import assert from "node:assert/strict";
import { it } from "node:test";

import { Problem } from "#kernel/errors";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { OpenTestDatabase } from "#kernel/testing";

import { createTracking, migrations } from "./index.ts";
import type { NewMetricPoint, Run } from "./index.ts";

const actor = "usr_ada";
const startMs = Date.UTC(2027, 0, 1);

async function openTracking(open: OpenTestDatabase) {
  const kernel = await createTestKernel({ db: await open(), migrations, startMs });
  const tracking = createTracking({ ...kernel, isProject: async (name) => name === "care" });
  let runs = 0;
  /** A run of the project `care`, each a second later than the one before. */
  const run = async (
    name: string,
    batch: {
      metrics?: NewMetricPoint[];
      params?: Record<string, string>;
      tags?: Record<string, string>;
    } = {},
  ) => {
    const made = await tracking.commands.createRun({
      project: "care",
      name,
      actor,
      startedAtMs: startMs + 1_000 * runs++,
    });
    await tracking.commands.logBatch({
      runId: made.id,
      metrics: batch.metrics ?? [],
      params: toPairs(batch.params ?? {}),
      tags: toPairs(batch.tags ?? {}),
    });
    return made.id;
  };
  const found = async (filter: string, orderBy: string[] = []) =>
    (await tracking.searchRuns({ project: "care", filter, orderBy, limit: 100 })).items.map(
      (item) => item.name,
    );
  return { ...kernel, tracking, commands: tracking.commands, run, found };
}

function toPairs(record: Record<string, string>) {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

function metric(key: string, value: number, step = 0, atMs = startMs): NewMetricPoint {
  return { key, value, step, atMs };
}

function isProblem(code: string) {
  return (error: unknown) => error instanceof Problem && error.code === code;
}

describeOnEveryEngine("tracking", (open) => {
  it("keeps a run with everything that was logged to it", async () => {
    const { tracking, commands, ledger } = await openTracking(open);
    const made = await commands.createRun({
      project: "care",
      name: "first",
      actor,
      userName: "Ada",
      startedAtMs: startMs,
    });
    await commands.logBatch({
      runId: made.id,
      metrics: [metric("loss", 0.5, 1), metric("loss", 0.25, 2), metric("odd", Number.NaN)],
      params: [{ key: "depth", value: "3" }],
      tags: [{ key: "team", value: "care" }],
    });
    await commands.logInputs({
      runId: made.id,
      datasets: [
        {
          dataset: { name: "messages", digest: "d1", sourceType: "local", source: "{}" },
          tags: { "mlflow.data.context": "training" },
        },
      ],
    });
    await commands.finishRun(made.id, "finished", actor);
    await commands.finishRun(made.id, "finished", actor);
    const run = await tracking.getRun(made.id);
    const expected: Run = {
      id: made.id,
      project: "care",
      experimentId: "1",
      name: "first",
      status: "finished",
      state: "active",
      startedAtMs: startMs,
      endedAtMs: startMs,
      actor,
      userName: "Ada",
      params: { depth: "3" },
      metrics: { loss: 0.25, odd: Number.NaN },
      latestMetrics: [metric("loss", 0.25, 2), metric("odd", Number.NaN)],
      tags: { "mlflow.runName": "first", team: "care" },
      inputs: [
        {
          dataset: {
            name: "messages",
            digest: "d1",
            sourceType: "local",
            source: "{}",
            schema: undefined,
            profile: undefined,
          },
          tags: { "mlflow.data.context": "training" },
        },
      ],
      modelInputs: [],
      modelOutputs: [],
      artifactRoot: `mlflow-artifacts:/1/${made.id}/artifacts`,
    };
    assert.deepEqual(run, expected);
    const events = await ledger.list({ subject: made.id });
    assert.deepEqual(
      events.map((event) => [event.kind, event.project, event.data]),
      [
        ["run.started", "care", { experiment: "care", name: "first" }],
        ["run.finished", "care", { status: "finished", metricKeys: 2 }],
      ],
    );
  });

  it("takes the same batch twice as once, and finds the latest by step, then time, then value", async () => {
    const { tracking, commands, run } = await openTracking(open);
    const id = await run("replayed");
    const metrics = [
      metric("loss", 3, 5),
      metric("loss", 9, 4),
      metric("loss", 2, 5),
      metric("loss", 1, 5, startMs - 1),
    ];
    const order = {
      runId: id,
      metrics,
      params: [{ key: "a", value: "1" }],
      tags: [{ key: "t", value: "x" }],
    };
    await commands.logBatch(order);
    await commands.logBatch(order);
    await commands.logBatch({ runId: id, metrics: [metric("loss", 7, 3)] });
    const history = await tracking.metricHistory(id, "loss", { limit: 100 });
    assert.deepEqual(
      history.items.map((point) => [point.step, point.value]),
      [
        [3, 7],
        [4, 9],
        [5, 1],
        [5, 2],
        [5, 3],
      ],
    );
    assert.deepEqual((await tracking.getRun(id)).metrics, { loss: 3 });
  });

  it("keeps a batch whole or not at all", async () => {
    const { tracking, commands, run } = await openTracking(open);
    const id = await run("whole", { params: { depth: "3" } });
    await assert.rejects(
      commands.logBatch({ runId: id, metrics: [metric("loss", 1)], params: [{ key: "depth", value: "4" }] }),
      isProblem("param_immutable"),
    );
    const kept = await tracking.getRun(id);
    assert.deepEqual([kept.metrics, kept.params], [{}, { depth: "3" }]);
  });

  it("lets a bad write fail alone while its neighbours in the same commit succeed", async () => {
    const { tracking, commands, run } = await openTracking(open);
    const id = await run("crowded", { params: { depth: "3" } });
    const writes = Array.from({ length: 20 }, (_, step) =>
      step === 7
        ? commands.logBatch({ runId: id, params: [{ key: "depth", value: "4" }] })
        : commands.logBatch({ runId: id, metrics: [metric("loss", step, step)] }),
    );
    const outcomes = await Promise.allSettled(writes);
    assert.deepEqual(
      outcomes.flatMap((outcome, index) => (outcome.status === "rejected" ? [index] : [])),
      [7],
    );
    assert.equal((await tracking.metricHistory(id, "loss", { limit: 100 })).items.length, 19);
  });

  it("finds runs by metrics, params, tags, attributes and data", async () => {
    const { commands, run, found } = await openTracking(open);
    const first = await run("one", {
      metrics: [metric("auc", 0.9)],
      params: { "layer size": "10" },
      tags: { team: "Care" },
    });
    await run("two", { metrics: [metric("auc", 0.7)], params: { "layer size": "20" } });
    await run("three", { metrics: [metric("auc", Number.NaN)], tags: { team: "sales_eu" } });
    await commands.logInputs({
      runId: first,
      datasets: [
        {
          dataset: { name: "messages", digest: "d1", sourceType: "local", source: "" },
          tags: { "mlflow.data.context": "train" },
        },
      ],
    });
    const cases: [string, string[]][] = [
      ["metrics.auc > 0.8", ["one"]],
      ["metrics.auc <= 0.7 and params.`layer size` = '20'", ["two"]],
      ["metrics.auc != 0.7", ["one"]],
      ["metrics.absent > 0", []],
      [`params."layer size" LIKE '%0'`, ["two", "one"]],
      ["tags.team LIKE 'care'", []],
      ["tags.team ILIKE 'care'", ["one"]],
      ["tags.team LIKE 'sales_eu'", ["three"]],
      ["tags.team IS NULL", ["two"]],
      ["tags.team IS NOT NULL and attributes.status = 'RUNNING'", ["three", "one"]],
      ["params.absent IS NULL", ["three", "two", "one"]],
      [`run_id IN ('${first}', 'b')`, ["one"]],
      ["run_name != 'one' and start_time > 0", ["three", "two"]],
      ["start_time > 1.5e300", []],
      ["datasets.name = 'messages' and dataset.context = 'train'", ["one"]],
      ["tags.team = 'it''s'", []],
    ];
    for (const [filter, expected] of cases) assert.deepEqual(await found(filter), expected, filter);
  });

  it("orders with values first, then NaN, then nothing, in both directions", async () => {
    const { run, found } = await openTracking(open);
    await run("low", { metrics: [metric("auc", 0.1)] });
    await run("none");
    await run("nan", { metrics: [metric("auc", Number.NaN)] });
    await run("high", { metrics: [metric("auc", 0.9)], params: { p: "b" } });
    assert.deepEqual(await found("", ["metrics.auc ASC"]), ["low", "high", "nan", "none"]);
    assert.deepEqual(await found("", ["metrics.auc DESC"]), ["high", "low", "nan", "none"]);
    assert.deepEqual(await found("", ["params.p", "run_name DESC"]), ["high", "none", "nan", "low"]);
    assert.deepEqual(await found(""), ["high", "nan", "none", "low"]);
  });

  it("pages through runs without losing or repeating one, while others arrive", async () => {
    const { tracking, run } = await openTracking(open);
    for (let index = 0; index < 25; index++) {
      await run(`run ${index}`, { metrics: index % 3 === 0 ? [] : [metric("auc", index % 4)] });
    }
    const search = { project: "care", orderBy: ["metrics.auc DESC"], limit: 7 };
    const all = (await tracking.searchRuns({ ...search, limit: 100 })).items.map((item) => item.id);
    const seen: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await tracking.searchRuns({ ...search, pageToken });
      seen.push(...page.items.map((item) => item.id));
      pageToken = page.nextPageToken;
      if (seen.length === 7) await run("late", { metrics: [metric("auc", 99)] });
    } while (pageToken !== undefined);
    assert.deepEqual(seen, all);
    await assert.rejects(
      tracking.searchRuns({ ...search, pageToken: "bm9uc2Vuc2U" }),
      isProblem("page_token_invalid"),
    );
  });

  it("reduces a long series to buckets with the smallest, largest and last value of each", async () => {
    const { tracking, commands, run } = await openTracking(open);
    const id = await run("long");
    const points = Array.from({ length: 1_000 }, (_, step) =>
      metric("loss", step === 500 ? Number.NaN : Math.abs(step - 300), step),
    );
    await commands.logBatch({ runId: id, metrics: points });
    const series = await tracking.metricSeries(id, "loss", { buckets: 10 });
    const [third, sixth] = [series.buckets[3], series.buckets[5]];
    assert.deepEqual(
      {
        points: series.points,
        axis: series.axis,
        buckets: series.buckets.length,
        third,
        sixthCount: sixth?.count,
        sixthMin: sixth?.min,
      },
      {
        points: 1_000,
        axis: "step",
        buckets: 10,
        third: {
          fromStep: 300,
          toStep: 399,
          fromMs: startMs,
          toMs: startMs,
          count: 100,
          min: 0,
          max: 99,
          last: 99,
        },
        sixthCount: 100,
        sixthMin: 201,
      },
    );
  });

  it("keeps the name of a deleted experiment and hides its runs until it is restored", async () => {
    const { tracking, commands, run, found } = await openTracking(open);
    await run("one");
    await commands.deleteExperiment({ id: "1", actor });
    assert.deepEqual(await found(""), []);
    await assert.rejects(commands.createExperiment({ name: "care", actor }), isProblem("experiment_exists"));
    await assert.rejects(
      commands.createRun({ experimentId: "1", actor, startedAtMs: 1 }),
      isProblem("experiment_not_active"),
    );
    await commands.restoreExperiment({ id: "1", actor });
    assert.deepEqual(await found(""), ["one"]);
    assert.deepEqual(
      (await tracking.searchExperiments({ filter: "name LIKE 'ca%'", limit: 10 })).items.map(
        (item) => item.project,
      ),
      ["care"],
    );
  });

  it("stores artifacts by content and lists them by folder", async () => {
    const { tracking, commands, run } = await openTracking(open);
    const id = await run("files");
    const text = new TextEncoder();
    await commands.putArtifact(id, "model/MLmodel", text.encode("one"));
    await commands.putArtifact(id, "model/data/x.bin", text.encode("two"));
    await commands.putArtifact(id, "model.txt", text.encode("three"));
    await commands.putArtifact(id, "model/MLmodel", text.encode("again"));
    const entries = async (folder: string) =>
      (await tracking.listArtifacts(id, folder)).map((entry) => [
        entry.path,
        entry.isFolder,
        entry.sizeBytes,
      ]);
    assert.deepEqual(await entries(""), [
      ["model", true, null],
      ["model.txt", false, 5],
    ]);
    assert.deepEqual(await entries("model"), [
      ["model/MLmodel", false, 5],
      ["model/data", true, null],
    ]);
    assert.equal(new TextDecoder().decode(await tracking.readArtifact(id, "model/MLmodel")), "again");
    assert.equal(await commands.deleteArtifacts({ owner: id, path: "model", actor }), 2);
    assert.deepEqual(await entries(""), [["model.txt", false, 5]]);
  });

  it("ties a logged model to its run, its params and the metrics measured on it", async () => {
    const { tracking, commands, run } = await openTracking(open);
    const runId = await run("fit");
    const model = await commands.createLoggedModel({
      experimentId: "1",
      name: "model",
      sourceRunId: runId,
      params: [{ key: "C", value: "1" }],
      actor,
    });
    await commands.logOutputs({ runId, models: [{ modelId: model.id, step: 0 }] });
    await commands.logBatch({
      runId,
      metrics: [{ ...metric("auc", 0.9), modelId: model.id, datasetName: "messages", datasetDigest: "d1" }],
    });
    await commands.finishLoggedModel({ modelId: model.id, status: "ready", actor });
    const search = {
      experimentIds: ["1"],
      filter: "metrics.auc > 0.8 and params.C = '1' and name = 'model'",
      limit: 10,
    };
    const found = await tracking.searchLoggedModels({
      ...search,
      measuredOn: [{ datasetName: "messages" }],
      orderBy: [{ field: "metrics.auc", ascending: false }],
    });
    assert.deepEqual(
      found.items.map((item) => [
        item.id,
        item.status,
        item.metrics.map((one) => [one.key, one.value, one.runId, one.datasetName]),
      ]),
      [[model.id, "ready", [["auc", 0.9, runId, "messages"]]]],
    );
    assert.deepEqual((await tracking.getRun(runId)).modelOutputs, [{ modelId: model.id, step: 0 }]);
  });
});
