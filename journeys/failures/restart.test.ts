import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { it } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { createCompute } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { temporaryFolder } from "#kernel/testing";

import { startServerProcess } from "../../chaos/server.ts";
import type { ServerProcess } from "../../chaos/server.ts";

const steps = 120;
const base = "/api/2.0/mlflow";
const searchSchema = z.object({
  runs: z.array(
    z.object({
      info: z.object({ run_id: z.string(), status: z.string() }),
      data: z.object({
        params: z.array(z.object({ key: z.string(), value: z.string() })),
        tags: z.array(z.object({ key: z.string(), value: z.string() })),
      }),
    }),
  ),
});
const historySchema = z.object({ metrics: z.array(z.object({ step: z.number() })) });

it(
  "a training with the unmodified MLflow client outlives a killed and a restarted server, and loses nothing",
  { timeout: 600_000 },
  async (t) => {
    const interpreter = await findInterpreter();
    if (interpreter === undefined) return t.skip("no Python environment with MLflow");
    const folder = await temporaryFolder();
    const port = await freePort();
    let server = await startServerProcess(t, folder, { port });
    const training = startTraining(t, interpreter, server.url, folder);

    await training.says("step 30");
    await server.kill();
    await sleep(1_500);
    server = await startServerProcess(t, folder, { port });
    await training.says("step 80");
    await server.stop();
    await sleep(1_500);
    server = await startServerProcess(t, folder, { port });

    assert.equal(await training.exitCode, 0, training.complaints());
    assert.deepEqual(await whatWasKept(server), {
      status: "FINISHED",
      params: Array.from({ length: steps / 10 }, (_, at) => `p${at * 10}=${at * 10}`).toSorted(),
      progress: String(steps - 10),
      steps: Object.fromEntries(
        ["loss", "a", "b"].map((key) => [key, Array.from({ length: steps }, (_, at) => at)]),
      ),
    });
    await server.stop();
  },
);

/** Of the only run there is: a write that was sent again must not have made a second one of anything. */
async function whatWasKept(server: ServerProcess) {
  const { experiment } = await server.get(
    `${base}/experiments/get-by-name?experiment_name=survivor`,
    z.object({ experiment: z.object({ experiment_id: z.string() }) }),
  );
  const { runs } = await server.post(
    `${base}/runs/search`,
    { experiment_ids: [experiment.experiment_id] },
    searchSchema,
  );
  const [run] = runs;
  assert.ok(run !== undefined && runs.length === 1, `there are ${runs.length} runs`);
  const kept: Record<string, number[]> = {};
  for (const key of ["loss", "a", "b"]) {
    const path = `${base}/metrics/get-history?run_id=${run.info.run_id}&metric_key=${key}&max_results=25000`;
    kept[key] = (await server.get(path, historySchema)).metrics.map(({ step }) => step);
  }
  return {
    status: run.info.status,
    params: run.data.params.map(({ key, value }) => `${key}=${value}`).toSorted(),
    progress: run.data.tags.find(({ key }) => key === "progress")?.value,
    steps: kept,
  };
}

function startTraining(t: TestContext, interpreter: string, url: string, folder: string) {
  const script = join(import.meta.dirname, "restart.test.py");
  const child = spawn(interpreter, [script, url, String(steps)], {
    // The client's own patience, which is about four minutes: nothing here is set to make it wait.
    env: { HOME: folder, PATH: process.env["PATH"] ?? "", GIT_PYTHON_REFRESH: "quiet" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on("line", (line) => lines.push(line));
  const exitCode = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    exitCode,
    complaints: () => complaints,
    async says(line: string): Promise<void> {
      while (!lines.includes(line)) {
        await new Promise<void>((resolve, reject) => {
          reader.once("line", () => resolve());
          reader.once("close", () => reject(new Error(`the training ended before "${line}": ${complaints}`)));
        });
      }
    },
  };
}

/** The Python of the blueprint's environment, which has the client; undefined where there is none. */
async function findInterpreter(): Promise<string | undefined> {
  const lock = join(import.meta.dirname, "../../blueprints/text-classification/requirements.lock");
  const requirementsText = await readFile(lock, "utf8");
  try {
    const compute = createCompute({ clock: systemClock });
    return (await compute.ensureEnvironment({ requirementsText, pythonVersion: ">=3.10" })).interpreter;
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port was given"));
        else resolve(address.port);
      });
    });
  });
}
