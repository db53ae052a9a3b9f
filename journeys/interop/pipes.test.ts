import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { openShop } from "../lineage/shop.ts";
import { findEnvironment, requirementsOf } from "./environments.ts";

const gyreYaml = `project: shop
pipeline: dvc.yaml
python: { requirements: requirements.txt }
`;

const stage = (words: string): string => `stages:
  report:
    cmd: python report.py ${words}
    deps: [report.py]
    params: [depth]
    outs: [out.json]
    meta: { assets: [orders], extras: { colour: red } }
`;

describe("a step with the unmodified packages dagster-pipes and mlflow", () => {
  it(
    "reports into the run of its step, and fails with its own exception",
    { timeout: 900_000 },
    async (test) => {
      const environment = await findEnvironment("reporting");
      if (typeof environment === "string") return test.skip(environment);
      const shop = await openShop({
        "gyre.yaml": gyreYaml,
        "dvc.yaml": stage(""),
        "params.yaml": "depth: 7\n",
        "requirements.txt": await requirementsOf("reporting"),
        "report.py": await readFile(join(import.meta.dirname, "scripts", "report.py"), "utf8"),
      });
      const { system } = shop;
      const execution = await shop.run();
      const [step] = execution.steps;
      assert.equal(execution.state, "succeeded", step?.lastLines.join("\n") ?? "");

      const run = await system.tracking.getRun(step?.runId ?? "");
      assert.partialDeepStrictEqual(run.metrics, {
        "orders/rows": 3,
        "orders/share": 0.25,
        "orders.fresh/hours": 30,
        loss: 0.5,
      });
      assert.partialDeepStrictEqual(run.params, { depth: "7" });
      assert.partialDeepStrictEqual(run.tags, {
        "pipes.asset.orders": "materialized",
        "pipes.orders.data_version": "v7",
        "pipes.orders.clean": "true",
        "pipes.orders.note": "# done",
        "pipes.check.orders.not_empty": "passed",
        "pipes.check.orders.fresh": "failed (WARN)",
      });
      assert.equal(run.status, "finished");
      const { text } = await system.pipelines.readLog(step?.id ?? "");
      assert.match(text, /\[INFO\] it begins, run shop, try 0\n/);
      const output = Buffer.from(await system.pipelines.readOutput(execution.id, "out.json")).toString();
      assert.deepEqual(JSON.parse(output), { extras: { depth: 7, colour: "red" } });
      const path = `/api/v1/projects/shop/executions/${execution.id}/steps/report/messages`;
      const { body } = await shop.call("GET", path);
      assert.deepEqual(
        body.messages.map(({ method }: { method: string }) => method),
        [
          "opened",
          "log",
          "report_asset_materialization",
          "report_asset_check",
          "report_asset_check",
          "report_custom_message",
          "closed",
        ],
      );
      assert.deepEqual(body.messages[5].content, { payload: { answer: [42] } });

      await shop.write({ "dvc.yaml": stage("fail") });
      const failed = await shop.run();
      const [broken] = failed.steps;
      assert.deepEqual(
        [failed.state, broken?.failure?.code, broken?.failure?.message],
        ["failed", "step_failed", 'The stage "report" failed: RuntimeError: no number'],
      );
      const lines = broken?.lastLines.join("\n") ?? "";
      assert.match(lines, /ValueError: invalid literal.*\n[^]*direct cause[^]*RuntimeError: no number$/);
      assert.equal((await system.tracking.getRun(broken?.runId ?? "")).status, "failed");
    },
  );
});
