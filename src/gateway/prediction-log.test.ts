import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { idTimeMs } from "#kernel/ids";
import { temporaryFolder } from "#kernel/testing";

import { careRoute, careTable, ruleVariant } from "./fixtures/routing.ts";
import { loggedRecords, post, startedGateway, tensor } from "./fixtures/started.ts";

/** Shadows are logged after the answer is given. */
async function eventually<Value>(
  read: () => Promise<Value>,
  holds: (value: Value) => boolean,
): Promise<Value> {
  for (let tries = 0; ; tries++) {
    const value = await read();
    if (holds(value) || tries === 200) return value;
    await pause(10);
  }
}

describe("the prediction log", () => {
  it("holds every prediction before it is answered, with what it came from", async () => {
    const started = await startedGateway(temporaryFolder());
    const { predictionId } = await started.ask("so late", "c7", "r1");
    const [record, ...more] = await loggedRecords(started.folder);
    const { at_ms: atMs, latency_ms: latencyMs, ...rest } = record!;
    deepEqual(
      [rest, more],
      [
        {
          prediction_id: predictionId,
          project: "care",
          deployment: "dep_care",
          release: "rel_1",
          model_version: "mv_1",
          role: "live",
          unit: "c7",
          inputs: '{"text":"so late","customer":"c7"}',
          label: "negative",
          score: 0.9,
          scores: JSON.stringify([0.9, 1 - 0.9]),
          decision: 1,
          threshold: null,
          request_id: "r1",
          request_row: 0,
        },
        [],
      ],
    );
    // Who has only the id knows where in the log to look.
    equal(idTimeMs(predictionId), atMs);
    ok(latencyMs >= 0 && latencyMs < 10_000);
  });

  it("has each of many concurrent answers under its id, with its own inputs", async () => {
    const started = await startedGateway(temporaryFolder());
    const texts = Array.from({ length: 300 }, (_, index) =>
      index % 3 === 0 ? `late ${index}` : `n${index}`,
    );
    const answers = await Promise.all(texts.map((text, index) => started.ask(text, `c${index}`)));
    const logged = new Map((await loggedRecords(started.folder)).map((one) => [one.prediction_id, one]));
    for (const [index, text] of texts.entries()) {
      const answer = answers[index];
      equal(answer?.label, text.startsWith("late") ? "negative" : "positive");
      const inputs = logged.get(answer?.predictionId ?? "")?.inputs;
      equal(inputs, JSON.stringify({ text, customer: `c${index}` }));
    }
  });

  it("decides by the threshold where there is one", async () => {
    const started = await startedGateway(temporaryFolder(), async (folder) =>
      careTable([await ruleVariant(folder, 1, { threshold: 0.3 })]),
    );
    // P(negative) of "fine" is 1 − 0.7 in floating point, which is a little above 0.3.
    const fine = await started.ask("fine");
    deepEqual([fine.label, fine.decision], ["positive", true]);
  });

  it("leaves the dropped columns out, and keeps a dropped unit as a pseudonym", async () => {
    const started = await startedGateway(temporaryFolder(), async (folder) =>
      careTable([await ruleVariant(folder)], { log: { sample: 1, drop: ["customer"] } }),
    );
    for (const customer of ["ada", "ada", "bob"]) await started.ask("late", customer);
    const records = await loggedRecords(started.folder);
    deepEqual(
      records.map((record) => record.inputs),
      ['{"text":"late"}', '{"text":"late"}', '{"text":"late"}'],
    );
    const [first, second, third] = records.map((record) => record.unit);
    match(first ?? "", /^[0-9a-z]{5,}$/);
    ok(!JSON.stringify(records).includes("ada"));
    equal(first, second);
    notEqual(first, third);
  });

  it("samples whole requests at the charter's share", async () => {
    const share = 0.3;
    const requests = 400;
    const started = await startedGateway(temporaryFolder(), async (folder) =>
      careTable([await ruleVariant(folder)], { log: { sample: share, drop: [] } }),
    );
    const url = `${started.url}/v2/models/care/infer`;
    for (let request = 0; request < requests; request++) {
      await post(url, { id: `request-${request}`, inputs: [tensor("text", ["a", "b"])] });
    }
    const records = await loggedRecords(started.folder);
    const logged = new Set(records.map((record) => record.request_id)).size;
    equal(records.length, 2 * logged);
    const bound = 5 * Math.sqrt(requests * share * (1 - share));
    ok(Math.abs(logged - requests * share) <= bound, `${logged} of ${requests}`);
  });

  it("keeps what a shadow says under the same request, with ids of its own", async () => {
    const started = await startedGateway(temporaryFolder(), async (folder) =>
      careTable([await ruleVariant(folder), await ruleVariant(folder, 2, { role: "shadow" })]),
    );
    const { predictionId, version } = await started.ask("late", "c1", "r1");
    const records = await eventually(
      () => loggedRecords(started.folder),
      (found) => found.length === 2,
    );
    deepEqual(
      records.map((record) => [record.request_id, record.role, record.model_version]),
      [
        ["r1", "live", "mv_1"],
        ["r1", "shadow", "mv_2"],
      ],
    );
    equal(version, "1");
    equal(records[0]?.prediction_id, predictionId);
    notEqual(records[1]?.prediction_id, predictionId);
  });

  it("is not disturbed by a shadow that cannot score the request, which is counted", async () => {
    const started = await startedGateway(temporaryFolder(), async (folder) => {
      const shadow = await ruleVariant(folder, 2, { role: "shadow" });
      const inputs = [{ name: "subject", datatype: "BYTES" as const, optional: false }];
      return careTable([
        await ruleVariant(folder),
        { ...shadow, signature: { ...shadow.signature, inputs } },
      ]);
    });
    equal((await started.ask("late")).label, "negative");
    const metrics = await eventually(
      async () => await (await fetch(`${started.url}/metrics`)).text(),
      (text) => text.includes('role="shadow"'),
    );
    match(metrics, /gyre_predict_errors_total\{[^}]*role="shadow"\} 1/);
    match(metrics, /gyre_predict_errors_total\{[^}]*role="live"\} 0/);
    equal((await loggedRecords(started.folder)).length, 1);
  });

  it("has nothing of a staged candidate", async () => {
    const started = await startedGateway(temporaryFolder(), async (folder) => ({
      routes: [careRoute([await ruleVariant(folder, 1, { role: "staging" })])],
    }));
    equal((await started.ask("late")).label, "negative");
    deepEqual(await loggedRecords(started.folder), []);
  });

  it("bears the unit of the first row for all rows of a request, and the request's id where a unit is missing", async () => {
    const started = await startedGateway(temporaryFolder());
    const url = `${started.url}/v2/models/care/infer`;
    await post(url, { id: "r1", inputs: [tensor("text", ["a", "b"]), tensor("customer", ["c1", "c2"])] });
    await post(url, { id: "r2", inputs: [tensor("text", ["a"])] });
    deepEqual(
      (await loggedRecords(started.folder)).map((record) => record.unit),
      ["c1", "c1", "r2"],
    );
  });
});
