import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";

import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";

import { temporaryFolder } from "#kernel/testing";

import { openShop } from "../lineage/shop.ts";
import type { Shop } from "../lineage/shop.ts";
import { findEnvironment } from "./environments.ts";
import { installNodePackages } from "./node-packages.ts";
import { runPython } from "./run-python.ts";
import { validateStateMachine } from "./state-language.ts";
import { runStateMachine } from "./state-machine.ts";
import { unusualPipeline } from "./unusual-pipeline.ts";

const run = promisify(execFile);

const pipeline = {
  "dvc.yaml": `stages:
  clean:
    cmd: echo cleaning; sort -r data/orders.csv > clean.csv
    desc: newest orders first
    deps: [data/orders.csv]
    outs: [clean.csv]
  train:
    foreach: [small, large]
    do:
      cmd: echo \${item} > \${item}.txt
      deps: [clean.csv]
      params: ["size.\${item}"]
      outs: ["\${item}.txt"]
  report:
    cmd: cat small.txt large.txt > all.txt
    deps: [small.txt, large.txt]
    outs: [all.txt]
`,
  "params.yaml": "size: { small: 1, large: 2 }\n",
};

async function exported(shop: Shop, format: string): Promise<{ file: string; text: string }> {
  const { status, body } = await shop.call("GET", `/api/v1/projects/shop/pipeline/export/${format}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Every execution with its targets and the states of its steps, oldest first. */
async function executionsOf(shop: Shop): Promise<readonly string[]> {
  const executions = await shop.system.pipelines.listExecutions("shop", { limit: 100 });
  return executions.map(({ targets, state }) => `${targets.join(" ")} ${state}`).toReversed();
}

describe("a pipeline exported to Airflow", () => {
  it("is a DAG that Airflow loads, whose tasks run the stages here", { timeout: 1_200_000 }, async (test) => {
    const environment = await findEnvironment("airflow");
    if (typeof environment === "string") return test.skip(environment);
    const shop = await openShop(pipeline);
    const { file, text } = await exported(shop, "airflow");
    const home = await temporaryFolder();
    const dags = join(home, "dags");
    await mkdir(dags);
    await writeFile(join(dags, file), text);
    const env = {
      HOME: home,
      PATH: `${dirname(environment.interpreter)}:${process.env["PATH"] ?? ""}`,
      AIRFLOW_HOME: home,
      AIRFLOW__CORE__LOAD_EXAMPLES: "false",
      AIRFLOW__CORE__DAGS_FOLDER: dags,
      AIRFLOW__OPENLINEAGE__NAMESPACE: "team",
      AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: "false",
      NO_PROXY: "*",
    };
    await run(environment.interpreter, ["-m", "airflow", "db", "migrate"], { env, timeout: 600_000 });
    const play = async (
      conf: object,
      folder = dags,
      runId = "go",
    ): Promise<Readonly<Record<string, ReturnType<typeof JSON.parse>>>> => {
      const script = join(import.meta.dirname, "scripts", "airflow-dag.py");
      const words = [script, folder, "shop", runId, JSON.stringify(conf)];
      const { stdout } = await run(environment.interpreter, words, {
        env,
        timeout: 600_000,
        maxBuffer: 50_000_000,
      });
      const told = stdout.split("\n").flatMap((line) => {
        const [, word, json] = /^(loaded|ran) (\{.*)$/.exec(line) ?? [];
        return word === undefined || json === undefined ? [] : [[word, JSON.parse(json)]];
      });
      return { ...Object.fromEntries(told), stdout };
    };
    const first = await play({});
    assert.deepEqual(first["loaded"], {
      errors: {},
      dags: ["shop"],
      tasks: {
        clean: [],
        train_small: ["clean"],
        train_large: ["clean"],
        report: ["train_large", "train_small"],
      },
      docs: { clean: "newest orders first", train_small: null, train_large: null, report: null },
    });
    assert.deepEqual(first["ran"], {
      state: "success",
      tasks: { clean: "success", train_small: "success", train_large: "success", report: "success" },
    });
    assert.match(String(first["stdout"]), /cleaning/);
    assert.equal((await executionsOf(shop)).length, 4);
    assert.ok((await executionsOf(shop)).every((line) => line.endsWith("succeeded")));
    const begun = await shop.system.pipelines.listExecutions("shop", { limit: 100 });
    assert.deepEqual(
      new Set(begun.map(({ purpose }) => `${purpose.parent?.namespace} ${purpose.parent?.job}`)),
      new Set(["clean", "train_small", "train_large", "report"].map((task) => `team shop.${task}`)),
      "each names the task of Airflow that it runs within",
    );
    assert.equal(new Set(begun.map(({ purpose }) => purpose.root?.runId)).size, 1);

    const unusual = join(home, "unusual");
    await mkdir(unusual);
    await shop.write(unusualPipeline);
    const { text: dag } = await exported(shop, "airflow");
    await writeFile(join(unusual, file), dag);
    const { loaded } = await play({}, unusual, "-");
    const { stages } = await shop.system.pipelines.planGraph("shop");
    assert.deepEqual([loaded.errors, Object.keys(loaded.tasks).length], [{}, stages.length]);
  });
});

describe("a pipeline exported to Argo", () => {
  it("is a workflow by Argo's own schema, whose tasks run the stages here", async () => {
    const shop = await openShop(pipeline);
    const { text } = await exported(shop, "argo");
    const workflow = parse(text);
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, "specification", "argo-workflow.schema.json"), "utf8"),
    );
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    const validate = ajv.compile(schema);
    assert.equal(validate(workflow), true, JSON.stringify(validate.errors));
    const [{ dag }, stage] = workflow.spec.templates;
    assert.deepEqual(
      dag.tasks.map(({ name, dependencies }: { name: string; dependencies: string[] }) => [
        name,
        dependencies.toSorted(),
      ]),
      [
        ["clean", []],
        ["train-small", ["clean"]],
        ["train-large", ["clean"]],
        ["report", ["train-large", "train-small"]],
      ],
    );

    const parameters = new Map<string, string>([
      ["workflow.parameters.url", shop.system.url()],
      ["workflow.parameters.parameters", "{}"],
      ["workflow.uid", "uid-1"],
    ]);
    /** What a pod of the task does: Argo fills in the variables, and the image's Python runs the source. */
    const runPod = async (name: string): Promise<string> => {
      parameters.set("inputs.parameters.stage", name);
      const fill = (value: string): string =>
        value.replaceAll(/\{\{(.*?)\}\}/g, (_, key: string) => parameters.get(key) ?? `no ${key}`);
      const env = stage.script.env.flatMap((one: { name: string; value?: string }) =>
        one.value === undefined ? [] : [[one.name, fill(one.value)]],
      );
      return await runPython(stage.script.source, Object.fromEntries(env));
    };
    for (const task of dag.tasks) await runPod(task.arguments.parameters[0].value);
    assert.deepEqual(await executionsOf(shop), [
      "clean succeeded",
      "train@small succeeded",
      "train@large succeeded",
      "report succeeded",
    ]);
    // A pod that was lost after it had begun its stage finds what it had begun.
    assert.match(await runPod("clean"), /clean succeeded/);
    assert.equal((await executionsOf(shop)).length, 4);
  });

  it("begins a failed stage anew when it is tried again, and fails with the reason and the next step", async () => {
    const shop = await openShop({ "dvc.yaml": "stages: {bad: {cmd: test -e /nowhere}}\n" });
    const { text } = await exported(shop, "argo");
    const { source } = parse(text).spec.templates[1].script;
    const variables = {
      GYRE_URL: shop.system.url(),
      GYRE_PROJECT: "shop",
      GYRE_STAGE: "bad",
      GYRE_KEY: "argo:1:bad",
      GYRE_PARAMETERS: "{}",
    };
    for (const count of [1, 2]) {
      await assert.rejects(runPython(source, variables), /The stage "bad" failed: .*Read the last lines/s);
      assert.equal((await executionsOf(shop)).length, count);
    }
  });
});

describe("a pipeline exported to Step Functions", () => {
  it("is a state machine by its validators, which runs the stages here level by level", async (test) => {
    const packages = await installNodePackages("asl");
    if (packages.startsWith("no ")) return test.skip(packages);
    const shop = await openShop(pipeline);
    const { text } = await exported(shop, "step-functions");
    assert.deepEqual(await validateStateMachine(text, packages), []);
    const execution = { Name: "first", Input: {} };
    const visited = await runStateMachine(text, execution, packages);
    assert.deepEqual(
      visited.filter((name) => name.startsWith("Level")),
      ["Level 1", "Level 2", "Level 3"],
    );
    assert.deepEqual(
      (await executionsOf(shop)).toSorted(),
      ["clean", "report", "train@large", "train@small"].map((name) => `${name} succeeded`),
    );
    await runStateMachine(text, execution, packages);
    assert.equal((await executionsOf(shop)).length, 4, "the same run of the machine begins nothing twice");
    await shop.write({ "dvc.yaml": pipeline["dvc.yaml"].replace("cat small.txt", "cat nothing.txt") });
    await assert.rejects(
      runStateMachine(text, { Name: "second", Input: {} }, packages),
      /GyreStageFailed: The stage "report" failed: .*Read the last lines/,
    );
  });
});
