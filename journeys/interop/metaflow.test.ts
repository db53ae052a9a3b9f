import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { gyre } from "../failures/gyre.ts";
import { openShop } from "../lineage/shop.ts";
import { findEnvironment, requirementsOf } from "./environments.ts";

const flow = `from metaflow import FlowSpec, Parameter, step

from scaling import scaled


class ScoreFlow(FlowSpec):
    factor = Parameter("factor", default=2.5, help="what everything is multiplied by")
    label = Parameter("label", default="a b")
    strict = Parameter("strict", default=False, type=bool)

    @step
    def start(self):
        self.parts = [1, 2, 3]
        self.next(self.score, foreach="parts")

    @step
    def score(self):
        self.value = scaled(self.input, self.factor)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(one.value for one in inputs)
        self.next(self.end)

    @step
    def end(self):
        self.note = self.label
        if self.strict:
            raise ValueError("too strict")


if __name__ == "__main__":
    ScoreFlow()
`;

describe("a Metaflow flow imported as a stage", () => {
  it(
    "runs with the real package, its parameters set here, its numbers metrics",
    { timeout: 900_000 },
    async (test) => {
      const environment = await findEnvironment("metaflow");
      if (typeof environment === "string") return test.skip(environment);
      const shop = await openShop({
        "gyre.yaml": "project: shop\npipeline: dvc.yaml\npython: { requirements: requirements.txt }\n",
        "dvc.yaml": "# the team's own\nstages: {}\n",
        "requirements.txt": await requirementsOf("metaflow"),
        "flows/flow.py": flow,
        "flows/scaling.py": "def scaled(value, factor):\n    return value * factor\n",
      });
      const imported = await gyre(["import", "metaflow", "flows/flow.py"], { folder: shop.folder });
      assert.equal(imported.code, 0, imported.stderr);
      const execution = await shop.run();
      const [step] = execution.steps;
      assert.equal(execution.state, "succeeded", step?.lastLines.join("\n") ?? "");
      assert.deepEqual(
        [step?.stage, step?.metrics, step?.outs.map(({ path }) => path)],
        ["score_flow", { factor: 2.5, total: 15 }, ["score_flow.pkl", "score_flow.metrics.json"]],
      );
      const other = await shop.system.pipelines.commands.execute({
        project: "shop",
        parameters: { "score_flow.factor": 10 },
        purpose: { kind: "requested", reason: "a test" },
        actor: "system",
      });
      await shop.system.pipelines.awaitExecution(other.id, { withinMs: 300_000 });
      const [again] = (await shop.system.pipelines.getExecution(other.id)).steps;
      assert.equal(again?.metrics["total"], 60, again?.lastLines.join("\n") ?? "");

      await shop.write({ "params.yaml": 'score_flow: { factor: 1, label: "a b", strict: "True" }\n' });
      const [failed] = (await shop.run()).steps;
      assert.equal(failed?.state, "failed");
      assert.match(failed?.lastLines.join("\n") ?? "", /too strict/);
    },
  );
});
