import assert from "node:assert/strict";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { OpenTestDatabase } from "#kernel/testing";

import { metadataKeys, tagKeys } from "./entities.ts";
import { actor, buildTraces, feedback, span, startMs, testMigrations } from "./test-traces.ts";

const openTraces = async (open: OpenTestDatabase) =>
  await buildTraces(await createTestKernel({ db: await open(), migrations: testMigrations, startMs }));

/** Four traces, each a second after the one before. */
async function openFour(open: OpenTestDatabase) {
  const test = await openTraces(open);
  const { record, logSpans, traces } = test;
  const at = (index: number) => ({ startedAtMs: startMs + 1_000 * index });
  await record("t1", { ...at(1), durationMs: 5, tags: { [tagKeys.name]: "chat", fruit: "Apple" } });
  await record("t2", {
    ...at(2),
    state: "ERROR",
    durationMs: null,
    tags: { [tagKeys.name]: "search" },
    metadata: { [metadataKeys.run]: "run1", [metadataKeys.session]: "s" },
  });
  await record("t3", {
    ...at(3),
    durationMs: 20,
    clientRequestId: "req-3",
    metadata: { [metadataKeys.session]: "s" },
  });
  await record("t4", { ...at(4), durationMs: 5, tags: { fruit: "pear" } });
  await logSpans([
    span(1, {
      traceId: "t1",
      name: "ask",
      attributes: { "mlflow.spanType": "LLM", model: "gpt-4", k: 3n, on: true },
    }),
    span(2, { traceId: "t1", parent: 1, name: "find", status: "ERROR", attributes: { "a b": "x", real: 3 } }),
    span(3, { traceId: "t3", name: "ask", status: "ERROR", attributes: { model: "claude-3", k: 30n } }),
  ]);
  const { createAssessment, linkToRun, linkPrompts } = traces.commands;
  await createAssessment({ traceId: "t1", assessment: feedback("ok", true), actor });
  await createAssessment({ traceId: "t3", assessment: feedback("score", 0.75), actor });
  await createAssessment({ traceId: "t4", assessment: feedback("ok", "yes"), actor });
  const ofSession = { metadata: { [metadataKeys.session]: "s" } };
  await createAssessment({ traceId: "t2", assessment: feedback("polite", "very", ofSession), actor });
  const issue = { kind: "issue" as const, value: { issue_name: "slow" } };
  await createAssessment({ traceId: "t4", assessment: { ...feedback("iss-1", null), ...issue }, actor });
  await linkToRun({ traceIds: ["t4", "later", "stolen"], runId: "run1", project: "care", actor });
  await linkPrompts({ traceId: "t3", prompts: [{ name: "greet", version: "2" }], actor });
  return test;
}

/** Each filter with the traces that meet it, newest first. */
const filters: readonly (readonly [string, readonly string[]])[] = [
  ["", ["t4", "t3", "t2", "t1"]],
  ["status = 'ERROR'", ["t2"]],
  ["trace.status != 'ERROR' and attributes.execution_time_ms > 5", ["t3"]],
  ["request_id in ('t1', 't3')", ["t3", "t1"]],
  ["client_request_id rlike '^req-[0-9]$'", ["t3"]],
  [`timestamp_ms >= ${startMs + 3_000}`, ["t4", "t3"]],
  [`end_time < ${startMs + 2_000}`, ["t1"]],
  ["name = 'chat'", ["t1"]],
  ["name != 'chat'", ["t2"]],
  ["tags.fruit like 'A%'", ["t1"]],
  ["tags.fruit ilike 'a%'", ["t1"]],
  ["tags.fruit is null", ["t3", "t2"]],
  ["tag.`fruit` is not null", ["t4", "t1"]],
  ["metadata.mlflow.sourceRun = 'run1'", ["t4", "t2"]],
  ["run_id = 'run1'", ["t4", "t2"]],
  ["run_id != 'run2'", ["t2"]],
  ["prompt = 'greet/2'", ["t3"]],
  ["prompt = 'greet/1'", []],
  ["issue.id = 'iss-1'", ["t4"]],
  ["span.name = 'ask'", ["t3", "t1"]],
  ["span.name = 'ask' and span.status = 'ERROR'", ["t3"]],
  ["span.type = 'LLM'", ["t1"]],
  ["span.attributes.model like 'gpt%'", ["t1"]],
  ["span.attributes.model rlike '^(gpt|claude)-[34]$'", ["t3", "t1"]],
  ["span.attributes.k = '3'", ["t1"]],
  ["span.attributes.real = '3.0'", ["t1"]],
  ["span.attributes.on = 'true'", ["t1"]],
  ["span.attributes.`a b` = 'x'", ["t1"]],
  ["span.attributes.missing = 'x'", []],
  ["text like '%claude%'", ["t3"]],
  ["span.content ilike '%CLAUDE%'", ["t3"]],
  ["feedback.ok = 'true'", ["t1"]],
  ["feedback.ok = 'yes'", ["t4"]],
  ["feedback.ok != 'yes'", ["t1"]],
  ["feedback.ok is null", ["t3", "t2"]],
  ["feedback.score >= 0.7", ["t3"]],
  ["feedback.ok > 0", []],
  ["feedback.ok rlike '^y'", ["t4"]],
  ["feedback.polite = 'very'", ["t3", "t2"]],
  ["feedback.polite is not null", ["t3", "t2"]],
  ["expectation.ok = 'true'", []],
];

const refused: readonly (readonly [string, RegExp])[] = [
  ["status", /Invalid clause\(s\) in filter string/],
  ["status = 'OK' or status = 'ERROR'", /Invalid clause\(s\) in filter string/],
  ["foo.bar = 'x'", /Invalid entity type 'foo'/],
  ["nothing = 'x'", /Invalid attribute key 'nothing'/],
  ["trace.status < 'OK'", /Invalid comparator '<'/],
  ["name in ('a')", /Invalid comparator 'IN'/],
  ["timestamp_ms = 'x'", /Expected numeric value/],
  ["status = 1", /support comparison with numeric values/],
  ["span.duration = 'x'", /Invalid span attribute 'duration'. Supported attributes: name, status, type/],
  ["span.content = 'x'", /span.content comparator '=' not one of/],
  ["prompt like 'x'", /Only '=' is supported/],
  ["prompt = 'x'", /Expected format: prompt = "name\/version"/],
  ["tags.a rlike '(a+)\\1'", /Invalid regular expression/],
  ["feedback.score > 'high'", /Expected a numeric value/],
];

describeOnEveryEngine("a search of traces", (open) => {
  it("finds what the filter says, in every piece of the grammar", async () => {
    const { find } = await openFour(open);
    for (const [filter, ids] of filters) assert.deepEqual([filter, await find(filter)], [filter, ids]);
  });

  it("finds a trace by a run it was linked to before it came, but never in another project", async () => {
    const { find, record, tracking, traces } = await openFour(open);
    await record("later");
    assert.deepEqual(await find("run_id = 'run1'"), ["t4", "t2", "later"]);
    const other = await tracking.commands.createExperiment({ name: "other", actor });
    await record("stolen", { experimentId: other.id });
    const page = await traces.searchTraces({
      experimentIds: [other.id],
      filter: "run_id = 'run1'",
      limit: 5,
    });
    assert.deepEqual(page.items, []);
  });

  it("says what is wrong with a filter", async () => {
    const { find } = await openFour(open);
    for (const [filter, message] of refused) await assert.rejects(find(filter), message, filter);
  });

  it("orders by attributes, tags and metadata, with what lacks them last", async () => {
    const { find } = await openFour(open);
    assert.deepEqual(await find("", ["timestamp ASC"]), ["t1", "t2", "t3", "t4"]);
    assert.deepEqual(await find("", ["execution_time DESC"]), ["t3", "t4", "t1", "t2"]);
    assert.deepEqual(await find("", ["execution_time"]), ["t4", "t1", "t3", "t2"]);
    assert.deepEqual(await find("", ["tag.fruit DESC"]), ["t4", "t1", "t3", "t2"]);
    assert.deepEqual(await find("", ["run_id", "request_id"]), ["t2", "t1", "t3", "t4"]);
    await assert.rejects(find("", ["status", "status"]), /duplicate fields/);
    await assert.rejects(find("", ["span.name"]), /Invalid order_by entity/);
  });

  it("gives pages that fit together while traces arrive, and refuses another search's token", async () => {
    const { traces, record } = await openFour(open);
    const page = (pageToken?: string, filter = "") =>
      traces.searchTraces({ project: "care", filter, limit: 2, pageToken, orderBy: ["execution_time"] });
    const first = await page();
    await record("t0", { startedAtMs: startMs + 9_000, durationMs: 1 });
    const second = await page(first.nextPageToken);
    assert.deepEqual(
      [...first.items, ...second.items].map((info) => info.id),
      ["t4", "t1", "t3", "t2"],
    );
    assert.equal(second.nextPageToken, undefined);
    await assert.rejects(page(first.nextPageToken, "status = 'OK'"), { code: "page_token_invalid" });
  });

  it("says whether two filters hold together", async () => {
    const { traces, experiment } = await openFour(open);
    const asked = { experimentIds: [experiment.id], first: "feedback.ok is not null", base: "" };
    const { npmi, npmiSmoothed, ...counts } = await traces.correlateFilters({
      ...asked,
      second: "tags.fruit is not null",
    });
    assert.deepEqual(counts, { total: 4, first: 2, second: 2, both: 2 });
    assert.ok(Math.abs(npmi - 1) < 1e-9);
    assert.ok(npmiSmoothed > 0.5 && npmiSmoothed < 1);
    const apart = await traces.correlateFilters({ ...asked, second: "status = 'ERROR'" });
    assert.equal(apart.npmi, -1);
    const none = await traces.correlateFilters({ ...asked, second: "status = 'IN_PROGRESS'" });
    assert.ok(Number.isNaN(none.npmi));
  });

  it("walks the index of experiment and time", async () => {
    const { db } = await openFour(open);
    if (db.engine !== "sqlite") return;
    const { sql } = await import("kysely");
    const { rows } = await sql<{ detail: string }>`explain query plan
      select * from traces where experiment = 1 order by started_at_ms desc, trace_id limit 10`.execute(
      db.query,
    );
    assert.match(rows.map((row) => row.detail).join("\n"), /traces_newest/);
    assert.doesNotMatch(rows.map((row) => row.detail).join("\n"), /TEMP B-TREE/);
  });
});

describeOnEveryEngine("metrics of traces", (open) => {
  const asked = {
    dimensions: [],
    filters: [],
    bucketMs: undefined,
    fromMs: undefined,
    toMs: undefined,
    limit: 100,
  };

  it("count, average and rank, by name and by stretch of time", async () => {
    const { traces, experiment } = await openFour(open);
    const query = { ...asked, experimentIds: [experiment.id] };
    const latency = await traces.traceMetrics({
      ...query,
      view: "TRACES",
      metric: "latency",
      aggregations: [
        { kind: "AVG" },
        { kind: "PERCENTILE", percentile: 50 },
        { kind: "PERCENTILE", percentile: 75 },
      ],
    });
    assert.deepEqual(latency, [{ bucketMs: null, dimensions: [], values: [10, 5, 12.5] }]);
    const spans = await traces.traceMetrics({
      ...query,
      view: "SPANS",
      metric: "span_count",
      aggregations: [{ kind: "COUNT" }],
      dimensions: ["span_name", "span_status"],
      filters: ["trace.status = 'OK'"],
    });
    assert.deepEqual(
      spans.map(({ dimensions, values }) => [...dimensions, ...values]),
      [
        ["ask", "ERROR", 1],
        ["ask", "OK", 1],
        ["find", "ERROR", 1],
      ],
    );
    const bySecond = await traces.traceMetrics({
      ...query,
      view: "TRACES",
      metric: "trace_count",
      aggregations: [{ kind: "COUNT" }],
      bucketMs: 2_000,
    });
    assert.deepEqual(
      bySecond.map(({ bucketMs, values }) => [bucketMs, ...values]),
      [
        [startMs, 1],
        [startMs + 2_000, 2],
        [startMs + 4_000, 1],
      ],
    );
    const values = await traces.traceMetrics({
      ...query,
      view: "ASSESSMENTS",
      metric: "assessment_value",
      aggregations: [{ kind: "AVG" }],
      dimensions: ["assessment_name"],
    });
    assert.deepEqual(
      values.map(({ dimensions, values: cells }) => [...dimensions, ...cells]),
      [
        ["ok", 1],
        ["score", 0.75],
      ],
    );
  });

  it("say what cannot be asked", async () => {
    const { traces, experiment } = await openFour(open);
    const query = { ...asked, experimentIds: [experiment.id], view: "TRACES" as const };
    const count = [{ kind: "COUNT" as const }];
    await assert.rejects(
      traces.traceMetrics({ ...query, metric: "speed", aggregations: count }),
      /metric_name must be one of/,
    );
    await assert.rejects(
      traces.traceMetrics({ ...query, metric: "latency", aggregations: count }),
      /Found invalid aggregation_type/,
    );
    await assert.rejects(
      traces.traceMetrics({
        ...query,
        metric: "trace_count",
        aggregations: count,
        dimensions: ["span_name"],
      }),
      /Found invalid dimension/,
    );
    await assert.rejects(
      traces.traceMetrics({
        ...query,
        metric: "trace_count",
        aggregations: count,
        filters: ["span.name = 'x'"],
      }),
      /Filtering by span is only supported for SPANS/,
    );
  });
});
