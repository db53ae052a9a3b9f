import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { judge, stagesOfCondition } from "./condition.ts";
import { readCondition } from "./condition-text.ts";

const known: Readonly<Record<string, unknown>> = {
  "params.publish": true,
  "params.dry_run": false,
  "params.country": "de",
  'params["other.yaml"].depth': 3,
  "metrics.evaluate.recall": 0.71,
  'metrics["train@small"].loss': 2,
};

function judged(text: string) {
  const written = readCondition(text);
  if ("mistake" in written) throw new Error(written.mistake);
  return judge(written.condition, (operand) => known[operand.text]);
}

describe("a condition", () => {
  for (const [text, holds] of [
    ["true", true],
    ["not true", false],
    ["params.publish", true],
    ["metrics.evaluate.recall >= 0.7", true],
    ["metrics.evaluate.recall > 0.71", false],
    ["params.country == 'de' and params.publish", true],
    ["params.country != \"de\" or metrics['train@small'].loss < 1e3", undefined],
    ['params.country != "de" or metrics["train@small"].loss < 1e3', true],
    ["not (params.publish and params.dry_run)", true],
    ["params.dry_run or params.publish and not params.dry_run", true],
    ['params["other.yaml"].depth == 3', true],
    ["params.country > 1", false],
    ["params.dry_run and metrics.gone.x > 1", false],
  ] as const) {
    it(`${text} ${holds === undefined ? "names what is missing" : holds ? "holds" : "does not hold"}`, () => {
      const judgement = judged(text);
      assert.equal("missing" in judgement ? undefined : judgement.holds, holds);
    });
  }

  it("says with which values it does not hold", () => {
    assert.deepEqual(judged("metrics.evaluate.recall >= 0.8 and params.publish"), {
      holds: false,
      because: "metrics.evaluate.recall is 0.71, which is not >= 0.8",
    });
  });

  it("names the stages whose metrics it reads", () => {
    const written = readCondition('metrics.a.x > 1 or metrics["b@1"].y.z < 2');
    assert.ok("condition" in written);
    assert.deepEqual(stagesOfCondition(written.condition), ["a", "b@1"]);
  });

  for (const text of ["", "a b", "params.a =", "(params.a", "params.a ))", "metrics.train > 1", "1 <"]) {
    it(`that reads ${JSON.stringify(text)} is a mistake`, () => {
      assert.ok("mistake" in readCondition(text));
    });
  }
});
