import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";

import { z } from "zod";

import { createCompute } from "#compute";
import type { Environment } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { temporaryFolder } from "#kernel/testing";

import { startServerProcess, waitFor } from "../../chaos/server.ts";
import type { ServerProcess } from "../../chaos/server.ts";
import { writeStudyProject } from "./project.ts";

const base = "/api/v1/projects/tuning";
const trialSchema = z.object({
  number: z.number(),
  state: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  execution: z.string().nullable(),
  runId: z.string(),
  values: z.array(z.number()).nullable(),
  reason: z.string(),
});
const studySchema = z.object({
  id: z.string(),
  state: z.string(),
  reason: z.string(),
  runId: z.string(),
  best: z.array(trialSchema),
  trials: z.array(trialSchema),
  importances: z.array(
    z.object({ parameters: z.array(z.object({ name: z.string(), share: z.number() })) }).nullable(),
  ),
});
const eventsSchema = z.object({
  events: z.array(z.object({ kind: z.string(), subject: z.string() })),
});
const executionSchema = z.object({
  state: z.string(),
  cancelReason: z.string().nullable(),
  steps: z.array(z.object({ stage: z.string(), state: z.string() })),
});

it(
  "a study of a scikit-learn pipeline by Optuna's TPE outlives two killed servers, and counts no trial twice",
  { timeout: 900_000 },
  async (t) => {
    const environment = await findEnvironment();
    if (typeof environment === "string") return t.skip(environment);
    const folder = await temporaryFolder();
    writeStudyProject(folder);

    let server = await startServerProcess(t, folder);
    await server.post("/api/v1/apply", { folder }, z.unknown());
    const { id } = await server.post(`${base}/studies`, { name: "tune" }, studySchema);
    for (const count of [3, 8]) {
      await untilEnded(server, id, count);
      await server.kill();
      server = await startServerProcess(t, folder);
    }
    const study = await waitFor(
      "the end of the study",
      () => server.get(`${base}/studies/${id}`, studySchema),
      ({ state }) => state !== "running",
      600_000,
    );

    await t.test("it has had its trials, each begun and ended once, by one execution", async () => {
      assert.deepEqual([study.state, study.reason], ["finished", "All 14 trials have ended."]);
      assert.deepEqual(
        study.trials.map(({ number }) => number),
        Array.from({ length: 14 }, (_, number) => number),
      );
      assert.equal(new Set(study.trials.map(({ execution }) => execution)).size, 14);
      const names = study.trials.map(({ number }) => `${id}/${number}`).toSorted();
      assert.deepEqual(await subjectsOf(server, "trial.started"), names);
      assert.deepEqual(await subjectsOf(server, "trial.finished"), names);
    });
    await t.test("pruned trials were cancelled with the reason, by what their runs had logged", async () => {
      const pruned = study.trials.filter(({ state }) => state === "pruned");
      assert.ok(pruned.length > 0, study.trials.map(({ state }) => state).join(" "));
      for (const { execution, reason } of pruned) {
        const found = await server.get(`${base}/executions/${execution}`, executionSchema);
        assert.deepEqual([found.state, found.cancelReason], ["cancelled", reason]);
        assert.match(reason, /^Pruned: accuracy was 0\.\d+ at step \d+/);
      }
    });
    await t.test("stages that no parameter touches were made once", async () => {
      const later = study.trials.filter(({ number, state }) => number > 1 && state === "complete");
      for (const { execution } of later) {
        const { steps } = await server.get(`${base}/executions/${execution}`, executionSchema);
        assert.equal(steps.find(({ stage }) => stage === "prepare")?.state, "cached");
      }
    });
    await t.test("it tells what mattered, and the best trial is the best", () => {
      const values = study.trials.flatMap((trial) =>
        trial.state === "complete" ? (trial.values ?? []) : [],
      );
      assert.deepEqual(study.best[0]?.values, [Math.max(...values)]);
      assert.equal(study.importances[0]?.parameters.length, 3);
    });
    await t.test(
      "an unmodified MLflow client finds the study's run, under it the trials, under them the steps",
      () => {
        const { stdout, stderr } = spawnSync(environment.interpreter, ["-c", client, study.runId], {
          env: { ...process.env, MLFLOW_TRACKING_URI: server.url },
          encoding: "utf8",
        });
        assert.notEqual(stdout, "", stderr);
        const seen = clientSchema.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
        assert.equal(seen.status, "FINISHED");
        const statuses = { complete: "FINISHED", pruned: "KILLED", failed: "FAILED" };
        assert.deepEqual(
          seen.trials,
          study.trials.map(({ number, state, parameters, values }) => ({
            number: String(number),
            status: z
              .enum(["complete", "pruned", "failed"])
              .transform((one) => statuses[one])
              .parse(state),
            loss: String(parameters["train.loss"]),
            value: values?.[0] ?? null,
          })),
        );
        assert.ok(seen.steps > 0);
      },
    );
    await server.stop();
  },
);

async function untilEnded(server: ServerProcess, id: string, count: number): Promise<void> {
  await waitFor(
    `${count} ended trials`,
    () => server.get(`${base}/studies/${id}`, studySchema),
    ({ state, trials }) =>
      state !== "running" || trials.filter((trial) => trial.state !== "running").length >= count,
    600_000,
  );
}

async function subjectsOf(server: ServerProcess, kind: string): Promise<readonly string[]> {
  const { events } = await server.get(`${base}/events?kinds=${kind}&limit=200`, eventsSchema);
  return events.map(({ subject }) => subject).toSorted();
}

const clientSchema = z.object({
  status: z.string(),
  steps: z.number(),
  trials: z.array(
    z.object({ number: z.string(), status: z.string(), loss: z.string(), value: z.number().nullable() }),
  ),
});

const client = `
import json, sys
import mlflow
c = mlflow.MlflowClient()
study = c.get_run(sys.argv[1])
def below(run_id):
    where = f"tags.mlflow.parentRunId = '{run_id}'"
    return list(c.search_runs([study.info.experiment_id], where, max_results=200))
trials = sorted(below(sys.argv[1]), key=lambda run: int(run.data.tags["number"]))
print(json.dumps({
    "status": study.info.status,
    "steps": sum(len(below(run.info.run_id)) for run in trials),
    "trials": [{
        "number": run.data.tags["number"],
        "status": run.info.status,
        "loss": run.data.params["train.loss"],
        "value": run.data.metrics.get("metrics.json/accuracy"),
    } for run in trials],
}))
`;

async function findEnvironment(): Promise<Environment | string> {
  const compute = createCompute({ clock: systemClock });
  const read = async (path: string): Promise<string> =>
    await readFile(join(import.meta.dirname, "../..", path), "utf8");
  try {
    await compute.ensureEnvironment({
      requirementsText: await read("src/domain/pipelines/studies/samplers/requirements.txt"),
      pythonVersion: ">=3.10",
    });
    return await compute.ensureEnvironment({
      requirementsText: await read("blueprints/text-classification/requirements.lock"),
      pythonVersion: ">=3.10",
    });
  } catch (error) {
    if (error instanceof Problem) return `no Python environment: ${error.message.split("\n", 1)[0]}`;
    throw error;
  }
}
