import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

import { startServerProcess, waitFor } from "./server.ts";
import type { ServerProcess } from "./server.ts";

const base = "/api/v1/projects/survivor";
const executionSchema = z.object({
  id: z.string(),
  state: z.string(),
  steps: z.array(z.object({ stage: z.string(), state: z.string(), attempt: z.number() })),
});
const eventsSchema = z.object({
  events: z.array(z.object({ kind: z.string(), data: z.record(z.string(), z.unknown()) })),
});

it(
  "a pipeline goes on after kill -9 of the server, and no step runs twice to effect",
  { timeout: 120_000 },
  async (t) => {
    const folder = await temporaryFolder();
    const notes = await temporaryFolder();
    writeProject(folder, notes);

    const first = await startServerProcess(t, folder);
    await first.post("/api/v1/apply", { folder }, z.unknown());
    const execution = await first.post(`${base}/executions`, {}, executionSchema);
    await waitFor(
      "the second step",
      async () => note(notes, "second"),
      (text) => text.includes("began"),
    );
    await first.kill();

    const second = await startServerProcess(t, folder);
    const done = await waitFor(
      "the end of the pipeline",
      () => second.get(`${base}/executions/${execution.id}`, executionSchema),
      (answer) => !["queued", "running"].includes(answer.state),
    );
    const effects = await countEffects(second);
    await second.stop();

    assert.deepEqual(
      {
        state: done.state,
        steps: done.steps.map(({ stage, state, attempt }) => [stage, state, attempt]),
        // The one that was killed had begun, and begins once more; it ends once.
        notes: ["first", "second", "third"].map((name) => note(notes, name)),
        effects,
      },
      {
        state: "succeeded",
        steps: [
          ["first", "succeeded", 1],
          ["second", "succeeded", 2],
          ["third", "succeeded", 1],
        ],
        notes: ["began ended", "began began ended", "began ended"],
        effects: { first: 1, second: 1, third: 1, finished: 1 },
      },
    );
  },
);

function writeProject(folder: string, notes: string): void {
  const stage = (name: string, work: string, dependency: string): string => `
  ${name}:
    cmd: echo began >> ${notes}/${name}; ${work}; cat ${dependency} > ${name}.txt; echo ended >> ${notes}/${name}
    deps: [${dependency}]
    outs: [${name}.txt]`;
  // Longer than any start of a server the first time, short the second.
  const hangOnce = `test -e ${notes}/hung || { touch ${notes}/hung; sleep 90; }`;
  const stages = [
    stage("first", "true", "input.txt"),
    stage("second", hangOnce, "first.txt"),
    stage("third", "true", "second.txt"),
  ];
  writeFileSync(join(folder, "gyre.yaml"), "project: survivor\npipeline: dvc.yaml\n");
  writeFileSync(join(folder, "dvc.yaml"), `stages:${stages.join("")}\n`);
  writeFileSync(join(folder, "input.txt"), "kept\n");
}

function note(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), "utf8").trim().replaceAll("\n", " ");
  } catch {
    return "";
  }
}

/** How often the ledger says that each step, and the execution, ended. */
async function countEffects(server: ServerProcess): Promise<Record<string, number>> {
  const { events } = await server.get(
    `${base}/events?kinds=step.finished,execution.finished&limit=100`,
    eventsSchema,
  );
  const names = events.map(({ kind, data }) =>
    kind === "execution.finished" ? "finished" : String(data["stage"]),
  );
  return Object.fromEntries(
    names.toSorted().map((name) => [name, names.filter((one) => one === name).length]),
  );
}
