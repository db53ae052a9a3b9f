import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { inflateSync } from "node:zlib";

import { silentLog } from "#kernel/log";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { StepAttempt } from "#pipelines";

import { migrations } from "./index.ts";
import { createPipesListener } from "./listener.ts";
import { readMessages } from "./store.ts";

const stage: StepAttempt["stage"] = JSON.parse(
  JSON.stringify({ name: "train", commands: ["python t.py"], meta: null, deps: [], outs: [], params: [] }),
);

async function openListener(kernel: Awaited<ReturnType<typeof createTestKernel>>, isElsewhere: boolean) {
  const said: string[] = [];
  const logged: { metrics?: readonly unknown[]; tags?: readonly unknown[] }[] = [];
  const listener = createPipesListener({
    ...kernel,
    log: silentLog,
    tracking: { logBatch: async ({ metrics = [], tags = [] }) => void logged.push({ metrics, tags }) },
  });
  const listening = await listener.listen({
    project: "shop",
    execution: "exe_1",
    step: "stp_1",
    stage,
    params: { "params.yaml": { depth: 3 } },
    attempt: 2,
    isElsewhere,
    runId: "run",
    actor: "usr_a",
    token: null,
    folder: kernel.folder,
    scratchFolder: join(kernel.folder, "scratch"),
    say: async (line) => void said.push(line),
  });
  const open = (name: string): ReturnType<typeof JSON.parse> =>
    JSON.parse(inflateSync(Buffer.from(listening.variables[name] ?? "", "base64")).toString());
  return { listening, said, logged, open };
}

const message = (method: string, params: object): string =>
  JSON.stringify({ __dagster_pipes_version: "0.1", method, params });
const ended = { exitCode: 0, failure: null, lastLines: [], isCancelled: false };

describeOnEveryEngine("hearing by Pipes", (open) => {
  it("tells the step who it is, and reads its file, a half message only when it is whole", async () => {
    const kernel = await createTestKernel({ db: await open(), migrations });
    const { listening, said, open: variable } = await openListener(kernel, false);
    assert.partialDeepStrictEqual(variable("DAGSTER_PIPES_CONTEXT").data, {
      asset_keys: ["train"],
      run_id: "exe_1",
      job_name: "shop",
      retry_number: 1,
      extras: { depth: 3 },
    });
    const { path } = variable("DAGSTER_PIPES_MESSAGES");
    const log = message("log", { message: "über", level: "INFO" });
    await appendFile(path, `${log}\nno message\n${log.slice(0, 30)}`);
    await appendFile(path, log.slice(30));
    assert.equal(await listening.end(ended), undefined);
    assert.deepEqual(said, [
      "[INFO] über",
      "[pipes] a line is no message of Pipes: no message",
      "[INFO] über",
    ]);
    const kept = await readMessages(kernel.db, "stp_1", { limit: 10, offset: 0 });
    assert.deepEqual(
      kept.map(({ attempt, position, method }) => [attempt, position, method]),
      [
        [2, 0, "log"],
        [2, 1, "log"],
      ],
    );
  });

  it("hears a step on another machine among what it prints", async () => {
    const kernel = await createTestKernel({ db: await open(), migrations });
    const { listening, logged, open: variable } = await openListener(kernel, true);
    assert.deepEqual(variable("DAGSTER_PIPES_MESSAGES"), { stdio: "stdout" });
    const metadata = { rows: { raw_value: 3, type: "__infer__" } };
    for (const line of [
      "epoch 1",
      message("report_asset_materialization", { asset_key: "train", metadata, data_version: null }),
      message("closed", {
        exception: { message: "ValueError: bad\n", stack: ["  here\n"], name: "ValueError" },
      }),
    ]) {
      listening.onLine?.(line);
    }
    const failure = { code: "step_failed", message: "exit code 1", next: "Look." };
    assert.deepEqual(await listening.end({ ...ended, exitCode: 1, failure }), {
      failure: { ...failure, message: 'The stage "train" failed: ValueError: bad' },
      lastLines: ["Traceback (most recent call last):", "  here", "ValueError: bad"],
    });
    assert.deepEqual(logged, [
      {
        metrics: [{ key: "train/rows", value: 3, atMs: kernel.clock.nowMs(), step: 0 }],
        tags: [{ key: "pipes.asset.train", value: "materialized" }],
      },
    ]);
  });
});
