import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { openShop } from "../lineage/shop.ts";
import { findEnvironment, requirementsOf } from "./environments.ts";

const cell = (source: string, tags: readonly string[] = []): object => ({
  cell_type: "code",
  execution_count: null,
  id: `c${source.length}`,
  metadata: { tags },
  outputs: [],
  source,
});

const notebook = (last: string): string =>
  JSON.stringify({
    cells: [
      cell("alpha = 0.5\nname = 'nobody'", ["parameters"]),
      cell("import json, os\nresult = {'alpha': alpha, 'name': name, 'run': os.environ['MLFLOW_RUN_ID']}"),
      cell(last),
    ],
    metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
    nbformat: 4,
    nbformat_minor: 5,
  });

const gyreYaml = `project: shop
pipeline: dvc.yaml
python: { requirements: requirements.txt }
`;

describe("a stage that executes a notebook", () => {
  it(
    "runs it headless with its parameters, keeps it, and names the cell that failed",
    { timeout: 900_000 },
    async (test) => {
      const environment = await findEnvironment("notebook");
      if (typeof environment === "string") return test.skip(environment);
      const shop = await openShop({
        "gyre.yaml": gyreYaml,
        "requirements.txt": await requirementsOf("notebook"),
        "params.yaml": "train: { alpha: 0.25, name: ada }\n",
        "train.ipynb": notebook("json.dump(result, open('result.json', 'w'))\nprint('done', alpha)"),
        "dvc.yaml": `stages:
  train:
    cmd: papermill train.ipynb train.out.ipynb -p alpha \${train.alpha} -p name \${train.name}
    deps: [train.ipynb]
    params: [train]
    outs: [result.json, train.out.ipynb]
`,
      });
      const { system } = shop;
      const execution = await shop.run();
      const [step] = execution.steps;
      assert.equal(execution.state, "succeeded", step?.lastLines.join("\n") ?? "");
      const output = Buffer.from(await system.pipelines.readOutput(execution.id, "result.json")).toString();
      assert.deepEqual(JSON.parse(output), { alpha: 0.25, name: "ada", run: step?.runId });
      const kept = async (runId: string, file: string): Promise<string> => {
        const url = `${system.url()}/get-artifact?run_uuid=${runId}&path=notebooks/${file}`;
        const answer = await fetch(url);
        assert.equal(answer.status, 200);
        return await answer.text();
      };
      assert.match(await kept(step?.runId ?? "", "train.out.ipynb"), /done 0\.25/);

      await shop.write({ "train.ipynb": notebook("totals = []\nresult['share'] = 1 / len(totals)") });
      const failed = await shop.run();
      const [broken] = failed.steps;
      assert.equal(
        broken?.failure?.message,
        'The stage "train" failed: cell In [4] of train.ipynb raised ZeroDivisionError: division by zero.',
      );
      const shown = broken?.lastLines.join("\n") ?? "";
      assert.match(
        shown,
        /^train\.ipynb, In \[4\]:\ntotals = \[\]\nresult\['share'\] = 1 \/ len\(totals\)\n/,
      );
      assert.match(shown, /\nZeroDivisionError: division by zero$/);
      assert.match(await kept(broken?.runId ?? "", "train.out.ipynb"), /ZeroDivisionError/);

      await shop.write({
        "dvc.yaml": `stages:
  train:
    cmd: jupyter nbconvert --to notebook --execute train.ipynb --output train.out.ipynb
    deps: [train.ipynb]
    outs: [train.out.ipynb]
`,
      });
      const [converted] = (await shop.run()).steps;
      assert.equal(
        converted?.failure?.message,
        'The stage "train" failed: cell In [3] of train.ipynb raised ZeroDivisionError: division by zero.',
      );
      assert.match(converted?.lastLines.join("\n") ?? "", /result\['share'\] = 1 \/ len\(totals\)/);
    },
  );
});
