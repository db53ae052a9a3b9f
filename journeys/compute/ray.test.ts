import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { findRay, startRay } from "../../src/domain/compute/targets/ray/test-cluster.ts";
import { openHouse } from "./house.ts";

const environment = await findRay();
const skip = typeof environment === "string" ? environment : false;

describe("a pipeline on a real Ray", { skip }, () => {
  it("runs a stage there between two that run here, and finds it again the next time", async (context) => {
    if (typeof environment === "string") return;
    const cluster = await startRay(environment, 2);
    context.after(() => cluster.stop());
    const { run, output, targets } = await openHouse(
      {
        "dvc.yaml": `stages:
  here: {cmd: "seq 10 > numbers", outs: [numbers]}
  there:
    cmd: python3 total.py numbers total
    deps: [numbers, total.py]
    outs: [total]
    meta: {gyre: {target: ray, resources: {cpu: 1}}}
  last: {cmd: "sed s/^/sum:/ total > words", deps: [total], outs: [words]}
`,
        "total.py":
          "import os, sys\nopen(sys.argv[2], 'w').write(str(sum(map(int, open(sys.argv[1])))))\nprint('job', 'RAY_JOB_CONFIG_JSON_ENV_VAR' in os.environ)\n",
      },
      { name: "ray", kind: "ray", url: cluster.url, can_grow: false },
    );
    const execution = await run();
    const step = execution.steps.find(({ stage }) => stage === "there");
    assert.equal(execution.state, "succeeded", JSON.stringify(step));
    assert.equal(await output(execution, "words"), "sum:55");
    // Which decides, with what is in an environment, what a step there comes to.
    const { interpreter = "" } = await targets.find("ray").surroundings(null);
    assert.match(interpreter, /^3\.\d+\.\d+$/);
    // Only a process that Ray started has that variable.
    assert.deepEqual(step?.lastLines.at(-1), "job True");
    assert.deepEqual(
      (await run()).steps.map(({ state }) => state),
      ["cached", "cached", "cached"],
    );
  });
});
