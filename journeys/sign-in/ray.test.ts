import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { findRay, startRay } from "../../src/domain/compute/targets/ray/test-cluster.ts";
import { openHouse } from "./house.ts";
import { tracesOf } from "./traces-of.ts";

const environment = await findRay();
const skip = typeof environment === "string" ? environment : false;

/** Plain HTTP, because the machine of a cluster has no client of ours and none of MLflow's. */
const report = `
import json, os, sys, urllib.request
token = os.environ["MLFLOW_TRACKING_TOKEN"]
assert os.environ["OPENLINEAGE_API_KEY"] == token
open(sys.argv[1], "w").write(token)
body = json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"], "key": "far", "value": 7, "timestamp": 1}).encode()
headers = {"content-type": "application/json", "authorization": "Bearer " + token}
url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
urllib.request.urlopen(urllib.request.Request(url, body, headers)).read()
open("told", "w").write("x")
`;

describe("a step on a real Ray, of a server on which everybody signs in", { skip }, () => {
  it("reports into its run with a token of its own, which ends with it and lies nowhere", async (context) => {
    if (typeof environment === "string") return;
    const cluster = await startRay(environment, 2);
    context.after(() => cluster.stop());
    const house = await openHouse(
      (aside) => ({
        "report.py": report,
        "dvc.yaml": `stages:
  tell: {cmd: "python3 report.py ${aside}/token", deps: [report.py], outs: [told], meta: {gyre: {target: ray, resources: {cpu: 1}}}}
`,
      }),
      { compute: `ray=${cluster.url}` },
    );
    const execution = await house.run();
    const [step] = execution.steps;
    assert.equal(execution.state, "succeeded", JSON.stringify([execution.failure, step?.lastLines]));
    assert.deepEqual((await house.system.tracking.getRun(step?.runId ?? "")).metrics, { far: 7 });
    const token = await readFile(join(house.aside, "token"), "utf8");
    assert.equal((await house.as(token, "GET", "/api/v1/projects/shop/executions")).status, 401);
    assert.deepEqual(await tracesOf(token, house.stateFolder), []);
  });
});
