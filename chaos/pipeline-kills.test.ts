import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { createDiskBlobs } from "#kernel/blobs";
import { systemClock } from "#kernel/clock";
import { migrations as columnarMigrations } from "#kernel/columnar";
import { openDatabase } from "#kernel/db";
import { createLedger, migrations as eventMigrations } from "#kernel/events";
import { createJobQueue, migrations as jobMigrations } from "#kernel/jobs";
import { temporaryFolder } from "#kernel/testing";
import { migrations } from "#pipelines";
import type { Execution } from "#pipelines";
import { migrations as trackingMigrations } from "#tracking";

import { openTestProject } from "../src/domain/pipelines/test-project.ts";

/** A few dozen in the tests; `GYRE_CHAOS_TRIALS=1000` for an afternoon. */
const trials = Number(process.env["GYRE_CHAOS_TRIALS"] ?? 24);
const program = fileURLToPath(new URL("fixtures/pipeline-server.ts", import.meta.url));
const stages = ["a", "b", "c", "d", "e"];

// A diamond with a tail. A step whose own process is killed is tried again; one whose server is killed always is.
const definition = `stages:
${[
  ["a", "code", []],
  ["b", "a.txt", []],
  ["c", "a.txt", []],
  ["d", "b.txt", ["c.txt"]],
  ["e", "d.txt", []],
]
  .map(
    ([name, dep, more]) => `  ${String(name)}:
    cmd: sleep 0.0$((RANDOM % 9)); cat code ${[dep, more].flat().join(" ")} > ${String(name)}.txt
    deps: [${[...new Set(["code", dep, more].flat())].join(", ")}]
    outs: [${String(name)}.txt]
    meta: {gyre: {retry: {times: 50, backoff: 1ms}}}`,
  )
  .join("\n")}
`;

it(
  `pipelines end alike through ${trials} trials of kill -9, of servers and of steps, and count each step once`,
  { timeout: 60_000 + trials * 30_000 },
  async (t) => {
    const world = await openWorld();
    t.after(world.close);
    const resumedMs: number[] = [];
    for (let trial = 1; trial <= trials; trial++) {
      await world.project.write({ code: `${trial}\n` });
      const { id } = await world.project.start();
      for (let kill = world.random(3); kill >= 0; kill--) {
        await world.ensureServer();
        await sleep(world.random(400));
        if (world.random(3) === 0) await world.killStep(id);
        else resumedMs.push(await world.killServer(id));
      }
      const execution = await world.goOn(id);
      assert.deepEqual(
        {
          trial,
          state: execution.state,
          failure: execution.failure,
          output: await world.project.output(execution, "e.txt"),
          effects: await world.effectsOf(execution),
        },
        {
          trial,
          state: "succeeded",
          failure: null,
          // code, d = (code, b = (code, a), c = (code, a)), each of them the trial's number.
          output: `${trial}\n`.repeat(expectedLines),
          effects: { started: 1, finished: 1, ...Object.fromEntries(stages.map((stage) => [stage, 1])) },
        },
      );
    }
    const sorted = resumedMs.toSorted((a, b) => a - b);
    t.diagnostic(
      `${trials} trials, ${resumedMs.length} servers killed; work went on after a median of ${Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)} ms, at most ${Math.round(sorted.at(-1) ?? 0)} ms, from the start of the next process`,
    );
  },
);

// a: code and code; b, c: code and a; d: code, b, c; e: code and d.
const expectedLines = 1 + (1 + 2 * (1 + 2));

async function openWorld() {
  const folder = await temporaryFolder();
  const projectFolder = await temporaryFolder();
  const db = openDatabase({ location: `${folder}/state.db` });
  await db.migrate(
    [eventMigrations, jobMigrations, columnarMigrations, trackingMigrations, migrations].flat(),
  );
  const clock = systemClock;
  const jobs = createJobQueue({ db, clock });
  const ledger = createLedger({ db, clock });
  const blobs = createDiskBlobs({ folder: `${folder}/blobs` });
  const project = openTestProject({ db, clock, jobs, folder, ledger, blobs }, projectFolder);
  await project.write({ "dvc.yaml": definition });
  let server: ChildProcess | undefined;
  let state = 7;

  const start = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [program, folder, projectFolder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    return child;
  };
  const hasEnded = async (id: string): Promise<boolean> =>
    (await project.pipelines.getExecutionRecord(id)).endedAtMs !== null;
  const lastSeq = async (): Promise<number> =>
    (await ledger.list({ newestFirst: true, limit: 1 }))[0]?.seq ?? 0;

  return {
    project,
    /** Seeded, so that a trial that fails can be had again. */
    random(below: number): number {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return Math.floor((state / 0x80000000) * below);
    },
    async ensureServer(): Promise<void> {
      server ??= await start();
    },
    /** Kills the server, starts another, and gives the time until something happened again. */
    async killServer(id: string): Promise<number> {
      const dead = server;
      if (dead !== undefined) {
        const gone = once(dead, "exit");
        dead.kill("SIGKILL");
        await gone;
      }
      const before = await lastSeq();
      const startedMs = performance.now();
      server = await start();
      while (!(await hasEnded(id)) && (await lastSeq()) === before) await sleep(10);
      return performance.now() - startedMs;
    },
    /** Kills the process of one step that runs just now, if one does. */
    async killStep(id: string): Promise<void> {
      const running = await db.query
        .selectFrom("execution_steps")
        .select("pid")
        .where("execution", "=", id)
        .where("state", "=", "running")
        .execute();
      const pid = running[0]?.pid ?? null;
      if (pid === null) return;
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It ended by itself meanwhile.
      }
    },
    async goOn(id: string): Promise<Execution> {
      server ??= await start();
      while (!(await hasEnded(id))) await sleep(20);
      return await project.pipelines.getExecution(id);
    },
    async effectsOf(execution: Execution): Promise<Record<string, number>> {
      const counts: Record<string, number> = {};
      const count = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
      for (const event of await ledger.list({ subject: execution.id }))
        count(event.kind === "execution.started" ? "started" : "finished");
      for (const step of execution.steps)
        for (const event of await ledger.list({ subject: step.id, kinds: ["step.finished"] }))
          count(event.kind === "step.finished" ? step.stage : event.kind);
      return counts;
    },
    async close(): Promise<void> {
      server?.kill("SIGKILL");
      await db.close();
    },
  };
}
