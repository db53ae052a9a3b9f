import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { runGyre } from "./fixtures/run-gyre.ts";
import type { Ran } from "./fixtures/run-gyre.ts";

const project = `project: shop
objective:
  decision: Which messages does the care team answer first?
  task: classification
  target: sentiment
  positive: negative
  costs: { false_negative: 12, false_positive: 1.5, currency: EUR }
  baseline: baseline.yaml
  ready_when:
    - recall: ">= 0.85"
data:
  messages:
    source: { file: messages.csv }
    contract: contract.yaml
pipeline: dvc.yaml
model: { name: shop, path: model/ }
`;
const baseline = `version: 1
inputs: [text]
labels: [negative, positive]
rules:
  - when: { text: { contains_any: [lost] } }
    then: { label: negative, score: 0.8 }
otherwise: { label: positive, score: 0.6 }
`;
const contract = "columns:\n  text: { type: text, required: true }\n";
const pipeline = `stages:
  train:
    cmd: python train.py
    deps: [train.py, messages.csv]
    outs: [model]
`;

const sound: Readonly<Record<string, string>> = {
  "gyre.yaml": project,
  "baseline.yaml": baseline,
  "contract.yaml": contract,
  "dvc.yaml": pipeline,
  "messages.csv": "text,sentiment\nlost,negative\n",
  "train.py": "",
};

async function check(
  changes: Readonly<Record<string, string | null>>,
  words: readonly string[] = ["check"],
): Promise<Ran> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries({ ...sound, ...changes })) {
    if (text !== null) writeFileSync(join(folder, name), text);
  }
  return await runGyre(words, { folder });
}

describe("gyre check", () => {
  it("shows what follows from the files, in plain English", async () => {
    const { code, stdout, stderr } = await check({});
    assert.equal(code, 0);
    assert.match(stdout, /^Project shop\n/);
    assert.match(stdout, /Recall of "negative" is at least 0\.85\. \(line 10\)/);
    // 1.5 / (1.5 + 12): the threshold of least expected cost.
    assert.match(stdout, /near 0\.111/);
    assert.match(stdout, /Pipeline\n {2}train\n/);
    assert.equal(stderr, "\n4 files checked: gyre.yaml, contract.yaml, baseline.yaml, dvc.yaml.\n");
  });

  it("gives the same to programs", async () => {
    const { code, stdout } = await check({}, ["check", "--json"]);
    const answer = JSON.parse(stdout);
    assert.deepEqual(
      {
        code,
        project: answer.project,
        stages: answer.stages,
        gates: answer.gates.map(({ id }: { id: string }) => id),
      },
      { code: 0, project: "shop", stages: ["train"], gates: ["recall"] },
    );
    assert.equal(answer.decisionRule.theoreticalThreshold, 1.5 / 13.5);
    assert.ok(answer.monitors.length > 0 && answer.rolloutPlans.length > 0);
  });

  it("names the line and column of a mistake in gyre.yaml, and shows it", async () => {
    const { code, stdout, stderr } = await check({ "gyre.yaml": project.replace("recall:", "recal:") });
    assert.deepEqual(
      { code, stdout, stderr },
      {
        code: 2,
        stdout: "",
        stderr: `error[project_file_invalid]: Unknown key "recal" in objective.ready_when[0]. Did you mean "recall"?
  at gyre.yaml:10:7
  10 |     - recal: ">= 0.85"
     |       ^
next: Mend it, then check again with: gyre check
`,
      },
    );
  });

  it("lists the mistakes of all files at once", async () => {
    const { code, stderr } = await check({
      "gyre.yaml": project.replace("messages.csv", "mesages.csv"),
      "baseline.yaml": baseline.replace("otherwise", "otherwize"),
      "contract.yaml": contract.replace("required", "requierd"),
      "dvc.yaml": pipeline.replace("outs", "out"),
    });
    const places = [...stderr.matchAll(/^error\[(\w+)\]: .*\n {2}at (.*)$/gm)].map(
      ([, code, place]) => `${code} ${place}`,
    );
    assert.equal(code, 2);
    assert.deepEqual(places, [
      "check_failed gyre.yaml:13:21",
      "contract_invalid contract.yaml:2:23",
      "baseline_invalid baseline.yaml:7:1",
      "pipeline_invalid dvc.yaml:5:5",
    ]);
  });

  it("finds files that are not there, and what no stage makes", async () => {
    const { code, stderr } = await check({ "baseline.yaml": null, "train.py": null });
    assert.equal(code, 2);
    assert.match(
      stderr,
      /objective\.baseline names baseline\.yaml, which does not exist\.\n {2}at gyre\.yaml:8:13/,
    );
    assert.match(
      stderr,
      /The stage "train" depends on train\.py, which does not exist and which no stage makes\./,
    );
  });

  it("puts the same positions into the envelope", async () => {
    const changes = { "gyre.yaml": project.replace("recall:", "recal:") };
    const { code, stderr } = await check(changes, ["check", "--json"]);
    const { position, data, next } = JSON.parse(stderr);
    const expected = { file: "gyre.yaml", line: 10, column: 7 };
    assert.deepEqual(
      { code, position, next, listed: data.problems.map((one: { position: unknown }) => one.position) },
      { code: 2, position: expected, next: "Mend it, then check again with: gyre check", listed: [expected] },
    );
  });

  it("names files as they are seen from a sub-folder", async () => {
    const folder = await temporaryFolder();
    await runGyre(["new", "shop", "--dir", "."], { folder });
    const file = join(folder, "gyre.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("objective:", "objectives:"));
    const { code, stderr } = await runGyre(["check"], { folder: join(folder, "src") });
    assert.equal(code, 2);
    assert.match(stderr, /at \.\.\/gyre\.yaml:5:1\n {2}5 \| objectives:\n {4}\| \^/);
  });
});

describe("gyre new", () => {
  it("makes a project with its name in it, into a folder of that name", async () => {
    const folder = await temporaryFolder();
    const { code, stdout, stderr } = await runGyre(["new", "care-team"], { folder });
    const text = readFileSync(join(folder, "care-team", "gyre.yaml"), "utf8");
    assert.equal(code, 0);
    assert.match(stdout, /^Made the project care-team in care-team \(\d+ files\)\.\n$/);
    assert.match(stderr, /cd care-team\n {2}gyre check/);
    assert.match(text, /^project: care-team$/m);
    assert.ok(!text.includes("{{"));
  });

  it("refuses a folder that holds something, and leaves it as it is", async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, "notes.txt"), "mine");
    const { code, stderr } = await runGyre(["new", "shop", "--dir", "."], { folder });
    assert.deepEqual(
      { code, stderr },
      {
        code: 1,
        stderr:
          "error[folder_not_empty]: The folder . is not empty: it holds notes.txt.\nnext: Choose another name, or another folder with --dir.\n",
      },
    );
    rmSync(join(folder, "notes.txt"));
    assert.equal((await runGyre(["new", "shop", "--dir", "."], { folder })).code, 0);
  });

  it("makes one that passes its own check", async () => {
    const folder = await temporaryFolder();
    await runGyre(["new", "shop", "--dir", "."], { folder });
    const { code, stdout, stderr } = await runGyre(["check", "--json"], { folder });
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).project, "shop");
  });
});
