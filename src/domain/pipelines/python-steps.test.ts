import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createTestKernel, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "./index.ts";
import { openTestProject } from "./test-project.ts";

async function createPythonProject(version: string, requirements: string) {
  const kernel = await createTestKernel({ migrations: [...trackingMigrations, ...migrations] });
  const folder = await temporaryFolder();
  const python = { requirements: "requirements.txt", version };
  const project = openTestProject(kernel, folder, {
    projects: { getProject: async (id) => ({ id, folder, pipeline: { file: "dvc.yaml" }, python }) },
  });
  const program = "import json, os, sys; json.dump([sys.prefix, sorted(os.environ)], open('seen.json', 'w'))";
  await project.write({
    "dvc.yaml": "stages: {look: {cmd: python look.py, deps: [look.py], outs: [seen.json]}}",
    "look.py": program,
    "requirements.txt": requirements,
  });
  return { ...kernel, ...project };
}

describe("a step of a project with Python", () => {
  it("runs in the environment of its requirements, which is a part of its key, and sees little else", async () => {
    const project = await createPythonProject(">=3.10", "# nothing yet\n");
    const execution = await project.run();
    assert.equal(execution.state, "succeeded");
    const [prefix, variables] = JSON.parse(await project.output(execution, "seen.json"));
    assert.match(prefix, new RegExp(`/environments/${execution.environmentDigest}/`));
    const allowed = /^(HOME|LANG|LC_CTYPE|MLFLOW_\w+|OLDPWD|PATH|PWD|PYTHONUNBUFFERED|SHLVL|TZ|_)$/;
    assert.deepEqual(
      variables.filter((name: string) => !allowed.test(name)),
      [],
    );
    const { text } = await project.pipelines.readEnvironmentLog(execution.id);
    assert.match(text, /^Building the Python environment .*\n(.*\n)*The Python environment is ready/);

    const [same] = await project.pipelines.explainStep("p", "look");
    assert.equal(same?.verdict, "cached");
    await project.write({ "requirements.txt": "some-package==1\n" });
    const [other] = await project.pipelines.explainStep("p", "look");
    assert.equal(other?.sentence, "The Python environment changed.");
  });

  it("does not begin without its Python: the execution fails once, and says what to install", async () => {
    const project = await createPythonProject(">=9.9", "");
    const execution = await project.run();
    assert.deepEqual(
      [execution.state, execution.failure?.code, execution.steps.map((step) => step.state)],
      ["failed", "python_missing", ["skipped"]],
    );
    assert.match(execution.failure?.next ?? "", /apt-get install python3/);
    const [job] = await project.jobs.list({ kind: "pipelines.execute" });
    assert.deepEqual([job?.state, job?.attempt], ["succeeded", 1]);
  });
});
