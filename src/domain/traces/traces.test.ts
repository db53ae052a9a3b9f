import assert from "node:assert/strict";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { OpenTestDatabase } from "#kernel/testing";

import { metadataKeys, tagKeys } from "./entities.ts";
import { actor, buildTraces, feedback, hex, span, startMs, testMigrations } from "./test-traces.ts";

const openTraces = async (open: OpenTestDatabase) =>
  await buildTraces(await createTestKernel({ db: await open(), migrations: testMigrations, startMs }));

const otelId = "tr-0af7651916cd43dd8448eb211c80319c";

describeOnEveryEngine("traces", (open) => {
  it("come from spans alone, and grow with each that comes later", async () => {
    const { traces, logSpans, experiment } = await openTraces(open);
    await logSpans([span(2, { parent: 1, atMs: 20 })]);
    assert.equal((await traces.getTraceInfo(otelId)).state, "IN_PROGRESS");
    await logSpans([
      span(1, { atMs: 10, attributes: { "mlflow.spanInputs": { q: "hello" }, "session.id": "s1" } }),
    ]);
    const info = await traces.getTraceInfo(otelId);
    assert.deepEqual(info, {
      id: otelId,
      experimentId: experiment.id,
      project: "care",
      state: "OK",
      startedAtMs: startMs + 10,
      durationMs: 15,
      clientRequestId: null,
      requestPreview: '{"q":"hello"}',
      responsePreview: null,
      tags: {
        [tagKeys.artifactLocation]: `mlflow-artifacts:/${experiment.id}/traces/${otelId}/artifacts`,
        [tagKeys.spansLocation]: "TRACKING_STORE",
      },
      metadata: { [metadataKeys.session]: "s1" },
      assessments: [],
    });
  });

  it("give spans back as they came, to the nanosecond and to the kind of number", async () => {
    const { traces, logSpans } = await openTraces(open);
    const sent = span(1, {
      status: "ERROR",
      statusMessage: "no",
      startedAtNs: 1_800_000_000_123_456_789n,
      endedAtNs: null,
      attributes: { whole: 3n, real: 3, list: [1n, "ü", null, true], in: { "a.b": 0.5 } },
      events: [{ name: "said", atNs: 1_800_000_000_123_456_790n, attributes: { n: 2n } }],
    });
    await logSpans([sent]);
    const { spans } = await traces.getTrace(otelId, { allowPartial: true });
    assert.deepEqual(spans, [sent]);
  });

  it("give values that came as texts of JSON as what they are, and texts of numbers as texts", async () => {
    const { traces, logSpans, find } = await openTraces(open);
    const attributes = {
      "mlflow.spanType": '"LLM"',
      "mlflow.spanInputs": '{"q": "x", "n": 3}',
      list: '["a", 1.0]',
      number: "1",
      truth: "true",
      broken: '{"a',
    };
    await logSpans([span(1, { attributes })]);
    const { spans } = await traces.getTrace(otelId, { allowPartial: true });
    assert.deepEqual(spans[0]?.attributes, {
      "mlflow.spanType": "LLM",
      "mlflow.spanInputs": { q: "x", n: 3n },
      list: ["a", 1],
      number: "1",
      truth: "true",
      broken: '{"a',
    });
    assert.deepEqual(await find("span.type = 'LLM'"), [otelId]);
  });

  it("are the same whether spans are sent once or again, and count tokens once", async () => {
    const { traces, logSpans } = await openTraces(open);
    const usage = { input_tokens: 10n, output_tokens: 5n, total_tokens: 15n };
    const spans = [
      span(1, { attributes: { "mlflow.chat.tokenUsage": usage } }),
      span(2, {
        parent: 1,
        attributes: { "gen_ai.usage.input_tokens": 1n, "gen_ai.usage.output_tokens": 2n },
      }),
    ];
    await logSpans(spans);
    const once = await traces.getTraceInfo(otelId);
    await logSpans(spans);
    assert.deepEqual(await traces.getTraceInfo(otelId), once);
    assert.deepEqual(JSON.parse(once.metadata[metadataKeys.tokenUsage] ?? ""), {
      input_tokens: 11,
      output_tokens: 7,
      total_tokens: 18,
    });
  });

  it("keep what their client said of them when spans come later", async () => {
    const { traces, logSpans, record } = await openTraces(open);
    const said = { [metadataKeys.session]: "mine", [metadataKeys.tokenUsage]: '{"total_tokens": 1}' };
    await record(otelId, { durationMs: 1, requestPreview: "short", metadata: said });
    await logSpans([
      span(1, { atMs: -50, attributes: { "session.id": "other", "gen_ai.usage.input_tokens": 9n } }),
    ]);
    const info = await traces.getTraceInfo(otelId);
    assert.deepEqual(
      [info.startedAtMs, info.durationMs, info.requestPreview, info.metadata[metadataKeys.session]],
      [startMs, 1, "short", "mine"],
    );
    assert.equal(info.metadata[metadataKeys.tokenUsage], '{"total_tokens": 1}');
    assert.equal(info.tags[tagKeys.spansLocation], "TRACKING_STORE");
  });

  it("are whole when as many spans are there as were announced", async () => {
    const { traces, logSpans, record } = await openTraces(open);
    await logSpans([span(1)]);
    await record(otelId, { metadata: { [metadataKeys.sizeStats]: '{"num_spans": 2}' } });
    await assert.rejects(traces.getTrace(otelId, { allowPartial: false }), { code: "trace_incomplete" });
    assert.deepEqual(await traces.getTraces([otelId]), []);
    assert.equal((await traces.getTrace(otelId, { allowPartial: true })).spans.length, 1);
    await logSpans([span(2, { parent: 1 })]);
    assert.equal((await traces.getTrace(otelId, { allowPartial: false })).spans.length, 2);
  });

  it("refuse the spans that cannot be kept, and only those", async () => {
    const { traces, logSpans } = await openTraces(open);
    const logged = await logSpans([
      span(1),
      { ...span(2), otelTraceId: "0".repeat(32) },
      { ...span(3), id: "xyz" },
      span(4, { traceId: "a/../b" }),
    ]);
    assert.equal(logged.kept, 1);
    assert.equal(logged.refused.length, 3);
    const { spans } = await traces.getTrace(otelId, { allowPartial: true });
    assert.deepEqual(
      spans.map((one) => one.id),
      [hex(1)],
    );
  });

  it("never take spans or values for a trace of another experiment", async () => {
    const { traces, tracking, logSpans, record } = await openTraces(open);
    const other = await tracking.commands.createExperiment({ name: "other", actor });
    await record("mine", { requestPreview: "original" });
    assert.equal((await logSpans([span(1, { traceId: "mine" })], other.id)).kept, 0);
    await assert.rejects(record("mine", { experimentId: other.id, requestPreview: "stolen" }), {
      code: "trace_elsewhere",
    });
    const trace = await traces.getTrace("mine", { allowPartial: true });
    assert.deepEqual([trace.info.requestPreview, trace.spans], ["original", []]);
  });

  it("take texts that PostgreSQL has no place for", async () => {
    const { traces, logSpans, find } = await openTraces(open);
    await logSpans([span(1, { name: "a\0b", attributes: { odd: "x\0\uD800y" } })]);
    const [only] = (await traces.getTrace(otelId, { allowPartial: true })).spans;
    assert.deepEqual([only?.name, only?.attributes["odd"]], ["a\uFFFDb", "x\uFFFD\uFFFDy"]);
    assert.deepEqual(await find("span.attributes.odd like 'x%'"), [otelId]);
  });

  it("are deleted with everything of them, the oldest first", async () => {
    const { traces, logSpans, record, find, experiment, db } = await openTraces(open);
    for (const index of [1, 2, 3]) await record(`t${index}`, { startedAtMs: startMs + index });
    await logSpans([span(1, { traceId: "t1" })]);
    await traces.commands.createAssessment({ traceId: "t1", assessment: feedback("ok", true), actor });
    const order = { experimentId: experiment.id, actor };
    const deleted = await traces.commands.deleteTraces({ ...order, untilMs: startMs + 3, most: 2 });
    assert.deepEqual(deleted.toSorted(), ["t1", "t2"]);
    assert.deepEqual(await find(""), ["t3"]);
    assert.deepEqual(await db.query.selectFrom("spans").selectAll().execute(), []);
    assert.deepEqual(await db.query.selectFrom("trace_assessments").selectAll().execute(), []);
    await assert.rejects(traces.commands.deleteTraces(order), /Either `max_timestamp_millis` or `trace_ids`/);
  });

  it("are begun and ended as old clients do", async () => {
    const { traces, experiment } = await openTraces(open);
    const begun = await traces.commands.startTrace({
      experimentId: experiment.id,
      startedAtMs: startMs,
      tags: { a: "1" },
      metadata: { m: "1" },
      actor,
    });
    assert.deepEqual([begun.state, begun.durationMs], ["IN_PROGRESS", null]);
    const ended = await traces.commands.endTrace({
      traceId: begun.id,
      endedAtMs: startMs + 7,
      state: "ERROR",
      tags: { a: "2" },
      metadata: { n: "3" },
    });
    assert.deepEqual(
      [ended.state, ended.durationMs, ended.tags["a"], ended.metadata],
      ["ERROR", 7, "2", { m: "1", n: "3" }],
    );
  });

  it("say in the ledger that a batch came, who assessed what, and nothing of single spans", async () => {
    const { traces, logSpans, ledger, experiment } = await openTraces(open);
    await logSpans([span(1), span(2, { parent: 1 }), span(3, { traceId: "other" })]);
    const made = await traces.commands.createAssessment({
      traceId: otelId,
      assessment: feedback("ok", true),
      actor,
    });
    const events = await ledger.list({ kinds: ["traces.logged", "assessment.logged"] });
    assert.deepEqual(
      events.map((event) => [event.kind, event.subject, event.project, event.actor, event.data]),
      [
        ["traces.logged", experiment.id, "care", actor, { traces: 2, spans: 3 }],
        ["assessment.logged", otelId, "care", actor, { assessment: made.id, name: "ok", kind: "feedback" }],
      ],
    );
  });

  it("take batches of the same traces at the same time", async () => {
    const { traces, logSpans } = await openTraces(open);
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        logSpans([
          span(100 + index, { parent: 1, traceId: "b", atMs: index }),
          span(200 + index, { parent: 1, traceId: "a", atMs: index }),
        ]),
      ),
    );
    const both = await traces.getTraces(["a", "b"]);
    assert.deepEqual(
      both.map(({ info, spans }) => [info.id, spans.length, info.startedAtMs, info.durationMs]),
      [
        ["a", 8, startMs, 12],
        ["b", 8, startMs, 12],
      ],
    );
  });
});

describeOnEveryEngine("assessments", (open) => {
  it("override each other, and one deleted makes the other valid again", async () => {
    const { traces, record } = await openTraces(open);
    await record("t");
    const { createAssessment, deleteAssessment } = traces.commands;
    const first = await createAssessment({ traceId: "t", assessment: feedback("ok", false), actor });
    const second = await createAssessment({
      traceId: "t",
      assessment: feedback("ok", true, { overrides: first.id }),
      actor,
    });
    const valid = async () =>
      (await traces.getTraceInfo("t")).assessments.map((one) => [one.id, one.isValid]);
    assert.deepEqual(
      new Map((await valid()) as [string, boolean][]),
      new Map([
        [first.id, false],
        [second.id, true],
      ]),
    );
    await deleteAssessment({ traceId: "t", id: second.id, actor });
    await deleteAssessment({ traceId: "t", id: second.id, actor });
    assert.deepEqual(await valid(), [[first.id, true]]);
    await assert.rejects(
      createAssessment({ traceId: "t", assessment: feedback("ok", 1, { overrides: "a-none" }), actor }),
      { code: "assessment_not_found" },
    );
  });

  it("change in all but their source and span", async () => {
    const { traces, record, clock } = await openTraces(open);
    await record("t");
    const made = await traces.commands.createAssessment({
      traceId: "t",
      assessment: feedback("ok", 0.5, { spanId: hex(1), metadata: { a: "1" }, rationale: "so" }),
      actor,
    });
    clock.advanceMs(1_000);
    const changed = await traces.commands.changeAssessment({
      traceId: "t",
      id: made.id,
      change: { value: { kind: "feedback", value: "good", error: null }, metadata: { b: "2" } },
      actor,
    });
    assert.deepEqual(changed, {
      ...made,
      value: "good",
      metadata: { a: "1", b: "2" },
      updatedAtMs: startMs + 1_000,
    });
    assert.deepEqual(await traces.getAssessment("t", made.id), changed);
    const wrong = { value: { kind: "expectation" as const, value: 1, error: null } };
    await assert.rejects(
      traces.commands.changeAssessment({ traceId: "t", id: made.id, change: wrong, actor }),
      /Cannot update expectation value on a Feedback assessment/,
    );
  });

  it("of another trace cannot be taken over by their id", async () => {
    const { traces, record } = await openTraces(open);
    await record("t");
    await record("u");
    const made = await traces.commands.createAssessment({
      traceId: "t",
      assessment: feedback("ok", 1),
      actor,
    });
    await assert.rejects(
      traces.commands.createAssessment({
        traceId: "u",
        assessment: feedback("ok", 2, { id: made.id }),
        actor,
      }),
      { code: "trace_value_invalid" },
    );
    assert.equal((await traces.getAssessment("t", made.id)).value, 1);
  });
});
