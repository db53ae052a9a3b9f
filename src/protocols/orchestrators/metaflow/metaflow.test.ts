import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { readFlow, stageOfFlow, writeStage } from "./index.ts";

const text = `
from metaflow import FlowSpec, IncludeFile, Parameter, step
import rules

class TrainHTTPModel(FlowSpec):
    alpha = Parameter("alpha", default=0.5, help="how fast")
    fast = Parameter("fast", default=True, type=bool)
    sizes = Parameter("sizes", default=[1, 2])
    day = Parameter("day", default=lambda context: "today")
    city = Parameter("city", required=True)
    table = IncludeFile("table", default="t.csv")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
`;

describe("a Metaflow flow", () => {
  it("is read without being run, and becomes a stage with its parameters, files and remarks", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "flow.py"), `${text}\nraise SystemExit("it ran")\n`);
    await writeFile(join(folder, "rules.py"), "");
    const flow = await readFlow(join(folder, "flow.py"));
    assert.deepEqual(
      [flow.name, flow.steps, flow.imports],
      ["TrainHTTPModel", ["start", "end"], [join(folder, "rules.py")]],
    );
    const stage = stageOfFlow("flow.py", { ...flow, imports: ["rules.py"] });
    assert.deepEqual(
      [stage.name, stage.definition.deps, stage.definition.params, stage.parameters],
      [
        "train_http_model",
        ["flow.py", "rules.py", "t.csv"],
        ["train_http_model"],
        { alpha: 0.5, fast: "True", sizes: "[1,2]", city: "", table: "t.csv" },
      ],
    );
    assert.deepEqual(stage.remarks, [
      "day keeps the default that the flow computes.",
      "Give train_http_model.city a value in params.yaml.",
    ]);
  });

  it("is added beside what stands in the files, whose comments and values stay", async () => {
    const folder = await temporaryFolder();
    const files = { pipeline: join(folder, "dvc.yaml"), parameters: join(folder, "params.yaml") };
    await writeFile(join(folder, "flow.py"), text);
    await writeFile(files.pipeline, "# ours\nstages:\n  a:\n    cmd: echo # spoken\n");
    await writeFile(files.parameters, "train_http_model:\n  alpha: 0.9 # tuned\n");
    const stage = stageOfFlow("flow.py", await readFlow(join(folder, "flow.py")));
    await writeStage(stage, files);
    const pipeline = await readFile(files.pipeline, "utf8");
    assert.match(pipeline, /^# ours\nstages:\n {2}a:\n {4}cmd: echo # spoken\n {2}train_http_model:\n/);
    assert.match(await readFile(files.parameters, "utf8"), /alpha: 0\.9 # tuned\n {2}fast: "True"/);
    await assert.rejects(writeStage(stage, files), { code: "flow_stage_exists" });
  });

  for (const [what, content] of [
    ["no flow", "x = 1\n"],
    ["two flows", "from metaflow import FlowSpec\nclass A(FlowSpec): pass\nclass B(FlowSpec): pass\n"],
    ["no Python", "class A(:\n"],
  ] as const) {
    it(`is refused in a file with ${what}`, async () => {
      const path = join(await temporaryFolder(), "flow.py");
      await writeFile(path, content);
      await assert.rejects(readFlow(path), { code: "flow_unreadable" });
    });
  }
});
