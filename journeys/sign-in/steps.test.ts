import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { findEnvironment, requirementsOf } from "../interop/environments.ts";
import { openHouse } from "./house.ts";
import { tracesOf } from "./traces-of.ts";

const slow = { timeout: 900_000 };

const project = async (requirements: string, stages: string): Promise<Record<string, string>> => ({
  "gyre.yaml": "project: shop\npipeline: dvc.yaml\npython: { requirements: requirements.txt }\n",
  "requirements.txt": await requirementsOf(requirements),
  "train.py": await readFile(join(import.meta.dirname, "train.py"), "utf8"),
  "dvc.yaml": `stages:\n${stages}`,
});

describe("a step of a server on which everybody signs in", () => {
  it(
    "tracks, sends files and registers with the unmodified mlflow client, for who began it",
    slow,
    async (test) => {
      const environment = await findEnvironment("reporting");
      if (typeof environment === "string") return test.skip(environment);
      const files = await project("reporting", "");
      const house = await openHouse((aside) => ({
        ...files,
        "dvc.yaml": `stages:\n  train: {cmd: "python train.py ${aside}", deps: [train.py], outs: [model.txt]}\n`,
      }));
      const { system, ada } = house;
      const execution = await house.run();
      const [step] = execution.steps;
      assert.equal(execution.state, "succeeded", step?.lastLines.join("\n") ?? "");

      const run = await system.tracking.getRun(step?.runId ?? "");
      assert.deepEqual(
        [run.status, run.params, run.metrics, run.tags["by"]],
        ["finished", { depth: "3" }, { accuracy: 0.9 }, "train.py"],
      );
      const [version] = await system.ledger.list({ kinds: ["model_version.registered"] });
      assert.deepEqual([version?.actor, version?.through], [ada, `step train of execution ${execution.id}`]);
      assert.equal((await system.ledger.verify()).broken, undefined);

      // What it had is worth nothing any more, and nothing that the server keeps holds it.
      const token = await readFile(join(house.aside, "token"), "utf8");
      const path = `/api/2.0/mlflow/runs/get?run_id=${step?.runId}`;
      assert.equal((await house.as(token, "GET", path)).status, 401);
      assert.deepEqual(await tracesOf(token, house.stateFolder), []);
    },
  );

  it("is refused what is no step's business, as long as its token lives", slow, async () => {
    const house = await openHouse((aside) => ({
      "dvc.yaml": `stages:
  train:
    cmd: 'printf %s "$MLFLOW_TRACKING_TOKEN" > ${aside}/part && mv ${aside}/part ${aside}/token && until [ -e ${aside}/done ]; do sleep 0.1; done; echo x > out'
    outs: [out]
`,
    }));
    const { system, ada } = house;
    const purpose = { kind: "requested", reason: "a test" } as const;
    const { id } = await system.pipelines.commands.execute({ project: "shop", purpose, actor: ada });
    const token = await appears(join(house.aside, "token"));
    const made = await system.tracking.commands.createRun({
      project: "bank",
      name: "vault",
      tags: [],
      startedAtMs: 0,
      actor: "system",
    });
    const ask = async (method: string, path: string, body?: object): Promise<number> =>
      (await house.as(token, method, path, body)).status;
    // The right it has, first: otherwise being refused proved nothing.
    assert.equal(await ask("GET", "/api/v1/projects/shop/executions"), 200);
    const attacks = {
      "another project's run": await ask("GET", `/api/2.0/mlflow/runs/get?run_id=${made.id}`),
      "a metric of it": await ask("POST", "/api/2.0/mlflow/runs/log-metric", {
        run_id: made.id,
        key: "a",
        value: 1,
        timestamp: 1,
      }),
      "a file of it": await ask("GET", `/api/2.0/mlflow/artifacts/list?run_id=${made.id}`),
      "its lineage": await ask("POST", "/api/v1/projects/bank/lineage", {}),
      "an experiment outside": await ask("POST", "/api/2.0/mlflow/experiments/create", { name: "mine" }),
      people: await ask("GET", "/api/v1/principals"),
      "a token of its own": await ask("POST", `/api/v1/principals/${ada}/tokens`, { label: "for ever" }),
      "a role": await ask("POST", "/api/v1/projects/shop/grants", { principal: ada, role: "owner" }),
      "its person's password": await ask("PATCH", "/api/2.0/mlflow/users/update-password", {
        username: "ada",
        password: "a password of its own",
      }),
      "its person": await ask("GET", "/api/2.0/mlflow/users/get?username=ada"),
      "a session": await ask("POST", "/api/v1/session", { token }),
      "a secret of the project": await ask("PUT", "/api/v1/projects/shop/secrets/API_TOKEN", { value: "x" }),
      "another execution": await ask("POST", "/api/v1/projects/shop/executions", {}),
      "its own end": await ask("POST", `/api/v1/projects/shop/executions/${id}/cancel`),
      "a schedule": await ask("PUT", "/api/v1/projects/shop/schedules/nightly", { cron: "0 3 * * *" }),
    };
    for (const [what, status] of Object.entries(attacks))
      assert.ok(status === 403 || status === 401, `${what}: ${status}`);
    assert.equal(await system.access.isPasswordOf("ada", "a password of its own"), false);
    // While it lives too, no file of the server holds it.
    assert.deepEqual(await tracesOf(token, house.stateFolder), []);

    await system.pipelines.commands.cancelExecution(id, ada);
    await system.pipelines.awaitExecution(id, { withinMs: 60_000 });
    assert.equal(await ask("GET", "/api/v1/projects/shop/executions"), 401);
  });

  it("prints neither its token nor a secret into its log, its last lines or an answer", slow, async () => {
    const house = await openHouse((aside) => ({
      "dvc.yaml": `stages:
  tell:
    cmd: env; printf %s "$MLFLOW_TRACKING_TOKEN" > ${aside}/token; echo x > out
    outs: [out]
    meta: {gyre: {secrets: [API_TOKEN]}}
`,
    }));
    const { system, ada } = house;
    const secret = { project: "shop", name: "API_TOKEN", value: "a-secret-of-the-shop", actor: ada };
    await system.pipelines.secrets.set(secret);
    const execution = await house.run();
    const [step] = execution.steps;
    assert.equal(execution.state, "succeeded", JSON.stringify(execution.failure));
    const lines = step?.lastLines ?? [];
    for (const name of ["MLFLOW_TRACKING_TOKEN", "OPENLINEAGE_API_KEY", "API_TOKEN"])
      assert.ok(
        lines.some((line) => new RegExp(`^${name}=\\*+$`).test(line)),
        `${name} in ${lines.join()}`,
      );
    const token = await readFile(join(house.aside, "token"), "utf8");
    assert.match(token, /^gyre_/);
    for (const hidden of [token, secret.value])
      assert.deepEqual(await tracesOf(hidden, house.stateFolder), []);
  });

  it("reports its lineage with the unmodified OpenLineage client", slow, async (test) => {
    const environment = await findEnvironment("dbt");
    if (typeof environment === "string") return test.skip(environment);
    const files = await project("dbt", "  tell: {cmd: python tell.py, deps: [tell.py], outs: [told]}\n");
    const house = await openHouse(() => ({ ...files, "tell.py": tell }));
    const execution = await house.run();
    assert.equal(execution.state, "succeeded", execution.steps[0]?.lastLines.join("\n") ?? "");
    const sight = { projects: ["shop"], shared: false };
    const job = { namespace: "scripts", name: "nightly" };
    const runs = await house.system.lineage.runsOfJob(sight, job, 10);
    assert.deepEqual(
      runs.map(({ state }) => state),
      ["COMPLETE"],
    );
  });
});

const tell = `
from datetime import datetime, timezone
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState

OpenLineageClient().emit(
    RunEvent(
        eventType=RunState.COMPLETE,
        eventTime=datetime(2027, 1, 1, tzinfo=timezone.utc).isoformat(),
        run=Run(runId="01890000-0000-7000-8000-000000000001"),
        job=Job(namespace="scripts", name="nightly"),
        producer="https://example.com/script",
    )
)
open("told", "w").write("x")
`;

async function appears(path: string): Promise<string> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (text !== "") return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${path} did not appear`);
}
