import assert from "node:assert/strict";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { OpenTestDatabase } from "#kernel/testing";

import { metadataKeys, tagKeys } from "./entities.ts";
import type { ImportedTrace } from "./import-commands.ts";
import { actor, buildTraces, span, startMs, testMigrations } from "./test-traces.ts";

const openTraces = async (open: OpenTestDatabase) =>
  await buildTraces(await createTestKernel({ db: await open(), migrations: testMigrations, startMs }));

const source = "old.db";
const traceId = "tr-0af7651916cd43dd8448eb211c80319c";

const assessment: ImportedTrace["assessments"][number] = {
  id: `a-${"1".repeat(32)}`,
  spanId: null,
  kind: "feedback",
  name: "correct",
  value: "partly",
  error: null,
  rationale: "it was there",
  sourceType: "HUMAN",
  sourceId: "ada",
  metadata: { a: "b" },
  runId: null,
  overrides: "a-older",
  isValid: false,
  createdAtMs: 7_000,
  updatedAtMs: 8_000,
};

function oldTrace(changes: Partial<ImportedTrace> = {}): ImportedTrace {
  return {
    id: traceId,
    state: "ERROR",
    startedAtMs: 5_000,
    durationMs: null,
    clientRequestId: "c1",
    requestPreview: "where?",
    responsePreview: null,
    tags: { team: "care", [tagKeys.name]: "answer", [tagKeys.artifactLocation]: "/old/place" },
    metadata: { [metadataKeys.tokenUsage]: '{"input_tokens": 7, "total_tokens": 9}' },
    assessments: [assessment],
    runIds: ["f".repeat(32)],
    prompts: ["greeting/2"],
    ...changes,
  };
}

describeOnEveryEngine("traces that another server recorded", (open) => {
  it("keep ids, times, states, validity and links, and are told once", async () => {
    const { traces, experiment, find, ledger } = await openTraces(open);
    const { imports } = traces.commands;
    for (const isNew of [true, false]) {
      assert.deepEqual(
        await imports.importTraces({ source, experimentId: experiment.id, traces: [oldTrace()], actor }),
        [{ id: traceId, isNew, spans: 0 }],
      );
    }
    assert.deepEqual(await traces.getTraceInfo(traceId), {
      id: traceId,
      experimentId: experiment.id,
      project: "care",
      state: "ERROR",
      startedAtMs: 5_000,
      durationMs: null,
      clientRequestId: "c1",
      requestPreview: "where?",
      responsePreview: null,
      tags: {
        team: "care",
        [tagKeys.name]: "answer",
        [tagKeys.artifactLocation]: `mlflow-artifacts:/${experiment.id}/traces/${traceId}/artifacts`,
      },
      metadata: { [metadataKeys.tokenUsage]: '{"input_tokens": 7, "total_tokens": 9}' },
      assessments: [{ ...assessment, traceId }],
    });
    assert.deepEqual(await find(`run_id = '${"f".repeat(32)}'`), [traceId]);
    assert.deepEqual(await find("prompt = 'greeting/2'"), [traceId]);
    const told = await ledger.list({ kinds: ["traces.imported"], limit: 10 });
    assert.deepEqual(
      told.map((event) => [event.subject, event.data]),
      [[experiment.id, { source, traces: 1, first: traceId }]],
    );
  });

  it("take spans in pieces, and leave what is here as it is", async () => {
    const { traces, experiment, logSpans } = await openTraces(open);
    const { imports } = traces.commands;
    const order = { source, experimentId: experiment.id, traces: [oldTrace()], actor };
    await imports.importTraces(order);
    const root = span(1, { attributes: { whole: 3n, real: 3 } });
    await imports.importSpans({ spans: [{ traceId, span: root }] });
    await imports.importSpans({
      spans: [
        { traceId, span: { ...root, name: "changed" } },
        { traceId, span: span(2, { parent: 1 }) },
      ],
    });
    const { info, spans } = await traces.getTrace(traceId, { allowPartial: false });
    assert.deepEqual(spans, [root, span(2, { parent: 1 })]);
    // Neither the spans nor those that are logged here later change what the old server said.
    assert.deepEqual([info.state, info.startedAtMs, info.durationMs], ["ERROR", 5_000, null]);
    assert.deepEqual(await imports.importTraces(order), [{ id: traceId, isNew: false, spans: 2 }]);
    await logSpans([span(3, { parent: 1 })]);
    assert.deepEqual((await imports.importTraces(order))[0]?.spans, 3);
  });

  it("come to an experiment that was deleted, and never move one that is elsewhere", async () => {
    const { traces, tracking, experiment, record } = await openTraces(open);
    const { imports } = traces.commands;
    const other = await tracking.commands.ensureExperiment({ project: "care", name: "other", actor });
    await tracking.commands.deleteExperiment({ id: other.id, actor });
    const foreign = oldTrace({ id: "tr-other", artifactLocation: "s3://bucket/tr-other" });
    const [taken] = await imports.importTraces({ source, experimentId: other.id, traces: [foreign], actor });
    assert.equal(taken?.isNew, true);
    const { tags } = await traces.getTraceInfo("tr-other");
    assert.equal(tags[tagKeys.artifactLocation], "s3://bucket/tr-other");
    await record("tr-here");
    const elsewhere = { source, experimentId: other.id, traces: [oldTrace({ id: "tr-here" })], actor };
    await assert.rejects(imports.importTraces(elsewhere), { code: "trace_elsewhere" });
    assert.equal((await traces.getTraceInfo("tr-here")).experimentId, experiment.id);
  });
});
