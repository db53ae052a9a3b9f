import { deepEqual, equal, match } from "node:assert/strict";
import { before, describe, it } from "node:test";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

import { careRoute, careTable, ruleVariant } from "./fixtures/routing.ts";
import { post, startedGateway, tensor } from "./fixtures/started.ts";
import type { StartedGateway } from "./fixtures/started.ts";

const answerSchema = z.object({
  outputs: z.array(z.object({ name: z.string(), data: z.array(z.unknown()) })),
});

function outputsOf(body: unknown): Record<string, readonly unknown[]> {
  return Object.fromEntries(answerSchema.parse(body).outputs.map(({ name, data }) => [name, data]));
}

describe("the Open Inference Protocol", () => {
  const starting = startedGateway(temporaryFolder());
  let started: StartedGateway;
  const infer = (body: unknown, path = "/v2/models/care/infer") => post(`${started.url}${path}`, body);
  before(async () => {
    started = await starting;
  });

  it("answers every row with label, decision, probabilities and an id, and echoes the request's id", async () => {
    const { status, body } = await infer({ id: "r1", inputs: [tensor("text", ["so LATE again", "thanks"])] });
    equal(status, 200);
    const { prediction_id: ids, ...outputs } = outputsOf(body);
    deepEqual(outputs, {
      label: ["negative", "positive"],
      decision: [true, false],
      probabilities: [0.9, 1 - 0.9, 1 - 0.7, 0.7],
    });
    equal(new Set(ids).size, 2);
    const { outputs: _, ...head } = z.looseObject({}).parse(body);
    deepEqual(head, {
      model_name: "care",
      model_version: "1",
      id: "r1",
      parameters: { model_version_id: "mv_1", release: "rel_1" },
    });
  });

  for (const [form, shape, data] of [
    ["flat in [n]", [2], ["late", "fine"]],
    ["flat in [n, 1]", [2, 1], ["late", "fine"]],
    ["nested in [n, 1]", [2, 1], [["late"], ["fine"]]],
  ] as const) {
    it(`takes data ${form}`, async () => {
      const { body } = await infer({ inputs: [{ name: "text", datatype: "BYTES", shape, data }] });
      deepEqual(outputsOf(body)["label"], ["negative", "positive"]);
    });
  }

  it("names the prediction of a lone row in the parameters, and makes an id where none came", async () => {
    const one = await started.ask("late");
    match(one.predictionId, /^prd_/);
    match(one.id, /^[0-9a-f-]{36}$/);
  });

  it("answers no rows with no answers", async () => {
    const { status, body } = await infer({ inputs: [tensor("text", [])] });
    deepEqual([status, outputsOf(body)["label"]], [200, []]);
  });

  it("gives only the outputs that were asked for", async () => {
    const { body } = await infer({ inputs: [tensor("text", ["late"])], outputs: [{ name: "label" }] });
    deepEqual(outputsOf(body), { label: ["negative"] });
  });

  it("answers with the version that the path names, and with no other", async () => {
    const body = { inputs: [tensor("text", ["late"])] };
    equal((await infer(body, "/v2/models/care/versions/1/infer")).status, 200);
    deepEqual(await infer(body, "/v2/models/care/versions/2/infer"), {
      status: 404,
      body: {
        error: "Version 2 of care is not served; there is 1.",
        code: "model_not_served",
        next: "Check the name in the URL; `gyre deployments` lists what is served.",
        data: {},
      },
    });
  });

  it("tells what the model takes and gives, and that it is ready", async () => {
    deepEqual(await (await fetch(`${started.url}/v2/models/care`)).json(), {
      name: "care",
      versions: ["1"],
      platform: "gyre_rule",
      inputs: [{ name: "text", datatype: "BYTES", shape: [-1] }],
      outputs: [
        { name: "label", datatype: "BYTES", shape: [-1] },
        { name: "decision", datatype: "BOOL", shape: [-1] },
        { name: "probabilities", datatype: "FP64", shape: [-1, 2] },
        { name: "prediction_id", datatype: "BYTES", shape: [-1] },
      ],
    });
    deepEqual(await (await fetch(`${started.url}/v2/models/care/ready`)).json(), {
      name: "care",
      ready: true,
    });
  });

  for (const path of ["live", "ready"]) {
    it(`is ${path}`, async () => {
      const response = await fetch(`${started.url}/v2/health/${path}`);
      deepEqual(await response.json(), { live: true, ready: true });
    });
  }

  it("answers HEAD without a body, OPTIONS with the methods, and another method with 405", async () => {
    const head = await fetch(`${started.url}/v2/models/care`, { method: "HEAD" });
    deepEqual([head.status, await head.text()], [200, ""]);
    const options = await fetch(`${started.url}/v2/models/care/infer`, { method: "OPTIONS" });
    deepEqual([options.status, options.headers.get("allow")], [204, "POST, OPTIONS"]);
    const wrong = await fetch(`${started.url}/v2/models/care/infer`);
    deepEqual([wrong.status, wrong.headers.get("allow")], [405, "POST, OPTIONS"]);
  });
});

describe("MLflow's scoring protocol", () => {
  const starting = startedGateway(temporaryFolder());
  let started: StartedGateway;
  before(async () => {
    started = await starting;
  });

  for (const body of [
    {
      dataframe_split: {
        columns: ["text", "customer"],
        data: [
          ["late", "c1"],
          ["fine", "c2"],
        ],
      },
    },
    { dataframe_records: [{ text: "late", customer: "c1" }, { text: "fine" }] },
    { instances: ["late", "fine"] },
    { instances: [{ text: "late" }, { text: "fine" }] },
    { inputs: { text: ["late", "fine"] } },
    { inputs: ["late", "fine"], params: { temperature: 0 } },
  ]) {
    it(`takes ${JSON.stringify(body)}`, async () => {
      const answer = await post(`${started.url}/invocations`, body);
      const { predictions } = z
        .object({ predictions: z.array(z.object({ label: z.string(), decision: z.boolean() })) })
        .parse(answer.body);
      deepEqual(predictions, [
        { label: "negative", decision: true },
        { label: "positive", decision: false },
      ]);
    });
  }

  it("answers /ping, /health and /metrics", async () => {
    await started.ask("late");
    equal((await fetch(`${started.url}/ping`)).status, 200);
    equal((await fetch(`${started.url}/health`)).status, 200);
    const metrics = await (await fetch(`${started.url}/metrics`)).text();
    match(metrics, /gyre_predict_rows_total\{deployment="dep_care",model_version="mv_1",role="live"\} \d+/);
  });

  it("needs a name in the path when two models are served", async () => {
    const two = await startedGateway(temporaryFolder(), async (folder) => {
      const variant = await ruleVariant(folder);
      return { routes: [careRoute([variant]), careRoute([variant], { name: "other" })] };
    });
    const refused = await post(`${two.url}/invocations`, { instances: ["late"] });
    equal(refused.status, 404);
    equal((await post(`${two.url}/models/other/invocations`, { instances: ["late"] })).status, 200);
  });
});

describe("the routes of a gateway", () => {
  it("keep answering when one model's file cannot be opened, which answers 503", async () => {
    const started = await startedGateway(temporaryFolder());
    const variant = await ruleVariant(started.folder);
    const broken = { ...variant, modelVersionId: "mv_broken", runnablePath: "/nowhere" };
    const answer = await started.gateway.obey({
      kind: "route",
      id: 7,
      table: { routes: [careRoute([variant]), careRoute([broken], { name: "broken" })] },
    });
    deepEqual(answer, {
      kind: "routed",
      id: 7,
      unopened: [
        { modelVersionId: "mv_broken", reason: "ENOENT: no such file or directory, open '/nowhere'" },
      ],
    });
    equal((await started.ask("late")).label, "negative");
    const refused = await post(`${started.url}/v2/models/broken/infer`, { inputs: [tensor("text", ["x"])] });
    equal(refused.status, 503);
    equal(z.object({ code: z.string() }).parse(refused.body).code, "model_not_ready");
  });

  it("do not show a staged candidate, which answers under its name", async () => {
    const started = await startedGateway(temporaryFolder());
    const variant = await ruleVariant(started.folder, 2, { role: "staging" });
    const staged = careRoute([variant], { name: "care@rel_2", deployment: "staging:rel_2" });
    await started.route({ routes: [...careTable([await ruleVariant(started.folder)]).routes, staged] });
    const path = `/v2/models/${encodeURIComponent("care@rel_2")}/infer`;
    equal((await post(`${started.url}${path}`, { inputs: [tensor("text", ["x"])] })).status, 200);
    equal((await post(`${started.url}/invocations`, { instances: ["late"] })).status, 200);
  });
});
