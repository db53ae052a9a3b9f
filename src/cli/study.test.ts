import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { runGyre } from "./fixtures/run-gyre.ts";
import { startGyre } from "./fixtures/start-gyre.ts";
import type { StartedGyre } from "./fixtures/start-gyre.ts";

const files = {
  "gyre.yaml": `project: tuning
pipeline: dvc.yaml
studies:
  tune:
    space:
      x: int(1, 3)
    minimize: loss
    sampler: grid
`,
  "dvc.yaml": `stages:
  score:
    cmd: sh score.sh
    deps: [score.sh]
    params: [x]
    metrics: [{metrics.json: {cache: false}}]
`,
  "params.yaml": "x: 0\n",
  "score.sh": `x=$(sed -n 's/^x: //p' params.yaml)
awk -v x="$x" 'BEGIN { if (x > 8) exit 1; printf "{\\"loss\\": %.6f}", (x - 2) ^ 2 }' > metrics.json
`,
};

describe("gyre study", async () => {
  const folder = await temporaryFolder();
  let started: StartedGyre | undefined;
  const gyre = (...words: string[]) => runGyre(words, { folder });
  before(async () => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    started = await startGyre(folder);
  });
  after(async () => void (await started?.stop("SIGTERM")));

  it("lists what is declared before anything was started", async () => {
    assert.match((await gyre("study")).stderr, /Declared: tune. Start one with: gyre study start tune/);
  });

  it("start follows the declared study, tells each trial, and ends with the best and how to run it", async () => {
    const { code, stdout, stderr } = await gyre("study", "start", "tune");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Started tune \(stu_\w+\): 3 trials\.$/m);
    assert.match(stderr, /^trial 1 {2}x=2 {2}0$/m);
    assert.match(stdout, /^state +finished: All 3 trials have ended\.$/m);
    assert.match(stdout, /gyre run -p 'x=2'/);
    assert.match((await gyre("study", "list")).stdout, /^tune +\S+ +finished +3\/3 +0 +loss 0/m);
  });

  it("start takes a study of its own by options, and show tells what mattered", async () => {
    const options = ["--space", "x=int(0, 6)", "--minimize", "loss", "--sampler", "grid", "--parallel", "3"];
    const { code, stderr } = await gyre("study", "start", "mine", ...options);
    assert.equal(code, 0, stderr);
    const { stdout } = await gyre("study", "show", "mine");
    assert.match(stdout, /What mattered for loss\n {2}x +100/);
  });

  it("ends with an error when too many trials failed, and refuses what is no study", async () => {
    const failing = await gyre(
      ..."study start bad --space x=int(9,12) --minimize loss --sampler grid --max-failures 2".split(" "),
    );
    assert.notEqual(failing.code, 0);
    assert.match(failing.stderr, /study_failed|The study bad failed\. 2 trials failed/);
    const typed = await gyre("study", "start", "tunee");
    assert.match(typed.stderr, /declares no study "tunee"[\s\S]*Did you mean tune\?/);
    assert.match(
      (await gyre("study", "start", "--space", "x=int(3,1)", "--minimize", "l")).stderr,
      /3 is not below 1/,
    );
  });
});
