import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { parse, stringify } from "yaml";

import { temporaryFolder } from "#kernel/testing";

import { openShop } from "../lineage/shop.ts";
import type { Shop } from "../lineage/shop.ts";
import { findArgo, lint } from "./argo.ts";
import { installNodePackages } from "./node-packages.ts";
import { runPython } from "./run-python.ts";
import { validateStateMachine } from "./state-language.ts";
import { runStateMachine } from "./state-machine.ts";
import { unusualPipeline } from "./unusual-pipeline.ts";

async function exported(shop: Shop, format: string): Promise<string> {
  const { status, body } = await shop.call("GET", `/api/v1/projects/shop/pipeline/export/${format}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body.text;
}

describe("a pipeline with unusual names, many stages and settings of its own", () => {
  it("is taken by Argo's own linter, which refuses a task that is not there", async (test) => {
    const argo = await findArgo();
    if (argo.startsWith("no ")) return test.skip(argo);
    const file = join(await temporaryFolder(), "workflow.yaml");
    const shop = await openShop(unusualPipeline);
    const text = await exported(shop, "argo");
    await writeFile(file, text);
    assert.equal(await lint(argo, file), "");
    const workflow = parse(text);
    workflow.spec.templates[0].dag.tasks[1].dependencies = ["nowhere"];
    await writeFile(file, JSON.stringify(workflow));
    assert.match(await lint(argo, file), /invalid dependency nowhere/);
  });

  it("has each stage begun and awaited by the program in a pod of Argo's", async () => {
    const shop = await openShop(unusualPipeline);
    const [{ dag }, { script }] = parse(await exported(shop, "argo")).spec.templates;
    const { stages } = await shop.system.pipelines.planGraph("shop");
    const names = stages.map(({ name }) => name).filter((name) => !name.startsWith("part@"));
    for (const name of names) {
      const task = dag.tasks[stages.findIndex((stage) => stage.name === name)];
      const { value } = task.arguments.parameters[0];
      assert.doesNotMatch(value, /\{\{/, "Argo would fill it in");
      const said = await runPython(script.source, {
        GYRE_URL: shop.system.url(),
        GYRE_PROJECT: "shop",
        GYRE_STAGE: value,
        GYRE_KEY: `argo:0f0e0d0c-0b0a-4908-8706-050403020100:${value}`,
        GYRE_PARAMETERS: "{}",
      });
      assert.ok(said.includes(`Gyre runs ${name} as `), said);
    }
    const executions = await shop.system.pipelines.listExecutions("shop", { limit: 1_000 });
    assert.deepEqual(
      executions.map(({ targets, state }) => `${targets.join(" ")} ${state}`).toSorted(),
      names.map((name) => `${name} succeeded`).toSorted(),
    );
  });

  it("is a state machine by two validators, which runs every stage once", async (test) => {
    const packages = await installNodePackages("asl");
    if (packages.startsWith("no ")) return test.skip(packages);
    const shop = await openShop(unusualPipeline);
    const text = await exported(shop, "step-functions");
    assert.deepEqual(await validateStateMachine(text, packages), []);
    assert.notDeepEqual(await validateStateMachine(text.replace('"Level 1"', '"Level 0"'), packages), []);
    const names = [...text.matchAll(/"((?:Start|Await|Decide|Pause|Fail|Done) [^\n]*)": \{$/gm)];
    assert.equal(new Set(names.map(([, name]) => name)).size, names.length, "no name comes twice");
    await runStateMachine(text, { Name: "first é", Input: {} }, packages);
    const executions = await shop.system.pipelines.listExecutions("shop", { limit: 1_000 });
    const { stages } = await shop.system.pipelines.planGraph("shop");
    assert.deepEqual(
      executions.map(({ targets, state }) => `${targets.join(" ")} ${state}`).toSorted(),
      stages.map(({ name }) => `${name} succeeded`).toSorted(),
    );
  });

  it("is refused where its definition would be too large, with what to do instead", async () => {
    const shop = await openShop({ "dvc.yaml": chainOf(400) });
    const { status, body } = await shop.call("GET", "/api/v1/projects/shop/pipeline/export/step-functions");
    assert.deepEqual([status, body.code], [400, "export_too_large"], JSON.stringify(body));
    await exported(shop, "argo");
  });
});

/** Stages of which each needs the one before. */
function chainOf(count: number): string {
  const stages = Array.from({ length: count }, (_, index) => [
    `step${index}`,
    { cmd: "true", outs: [`${index}.txt`], ...(index === 0 ? {} : { deps: [`${index - 1}.txt`] }) },
  ]);
  return stringify({ stages: Object.fromEntries(stages) });
}
