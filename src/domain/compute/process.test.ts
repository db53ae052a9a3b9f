import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { createManualClock } from "#kernel/clock";
import { readStartTicks } from "#kernel/process-identity";
import { temporaryFolder } from "#kernel/testing";

import { createCompute } from "./index.ts";
import type { ProcessMark, ProcessRequest } from "./index.ts";

async function prepare() {
  const folder = await temporaryFolder();
  const compute = createCompute({ clock: createManualClock(1_000), cacheFolder: folder });
  const logFile = join(folder, "logs", "step.log");
  const run = (command: string | readonly string[], more: Partial<ProcessRequest> = {}) =>
    compute.runProcess({ command, cwd: folder, variables: {}, logFile, maximumLogBytes: 1_000_000, ...more });
  return { folder, compute, run, logFile, log: () => readFile(logFile, "utf8") };
}

const isAlive = (pid: number): boolean => readStartTicks(pid) !== "";

describe("a process", () => {
  it("runs in a shell, prints both streams in order into its log, and tells its exit code", async () => {
    const { run, log } = await prepare();
    const lines: string[] = [];
    const result = await run("echo one; echo two >&2; printf 'three\\r4\\nüb'; exit 3", {
      onLine: (line) => void lines.push(line),
    });
    assert.deepEqual(result, {
      exitCode: 3,
      signal: null,
      ended: "exited",
      startedAtMs: 1_000,
      endedAtMs: 1_000,
    });
    assert.deepEqual(lines, ["one", "two", "4", "üb"]);
    assert.equal(await log(), "one\ntwo\nthree\r4\nüb");
  });

  it("sees the variables it was given, and none of ours", async () => {
    const { run, log } = await prepare();
    process.env["GYRE_TEST_SECRET"] = "hush";
    await run(["/usr/bin/env"], { variables: { HOME: "/nowhere", MLFLOW_RUN_ID: "r" } });
    delete process.env["GYRE_TEST_SECRET"];
    const names = (await log())
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0]);
    // PWD is set by the shell of the gate.
    assert.deepEqual(names.filter((name) => name !== "PWD").toSorted(), [
      "HOME",
      "LANG",
      "MLFLOW_RUN_ID",
      "PATH",
      "TZ",
    ]);
  });

  it("that hangs is ended with its children when its time is over", async () => {
    const { run, folder } = await prepare();
    const result = await run("sleep 60 & echo $! > child; trap '' TERM; wait; sleep 60", { timeoutMs: 300 });
    assert.deepEqual([result.ended, result.signal !== null || result.exitCode !== 0], ["timeout", true]);
    assert.equal(isAlive(Number(await readFile(join(folder, "child"), "utf8"))), false);
  });

  it("is ended when its caller changes its mind", async () => {
    const { run } = await prepare();
    const controller = new AbortController();
    const onStart = async (): Promise<void> => void setImmediate(() => controller.abort());
    const result = await run("sleep 60", { signal: controller.signal, onStart });
    assert.deepEqual([result.ended, result.signal], ["cancelled", "SIGTERM"]);
  });

  it("that prints without end is ended at the limit of its log, in little memory", async () => {
    const { run, logFile } = await prepare();
    const before = process.memoryUsage().rss;
    const result = await run("yes 0123456789", { maximumLogBytes: 20_000_000 });
    assert.equal(result.ended, "log_limit");
    assert.equal((await stat(logFile)).size, 20_000_000);
    assert.ok(process.memoryUsage().rss - before < 100_000_000);
  });

  it("takes what it left running in its group with it", async () => {
    const { run, folder } = await prepare();
    const result = await run("sleep 60 & echo $! > child");
    assert.equal(result.exitCode, 0);
    assert.equal(isAlive(Number(await readFile(join(folder, "child"), "utf8"))), false);
  });

  it("begins only after its number was recorded, and not at all when that fails", async () => {
    const { run, folder } = await prepare();
    let seen: ProcessMark | undefined;
    await run("sleep 0.01; echo done > first", {
      onStart: async (mark) => {
        seen = mark;
        await sleep(50);
        await assert.rejects(stat(join(folder, "first")));
      },
    });
    assert.ok(seen !== undefined && seen.pid > 0 && seen.startTicks !== "");
    const failing = run("echo done > second", { onStart: () => Promise.reject(new Error("no record")) });
    await assert.rejects(failing, /no record/);
    await assert.rejects(stat(join(folder, "second")));
  });

  it("that cannot start is a problem that names its folder", async () => {
    const { run } = await prepare();
    await assert.rejects(run("true", { cwd: "/nowhere/at/all" }), {
      code: "process_not_started",
      message: /\/nowhere\/at\/all/,
    });
  });
});

describe("what a killed server left running", () => {
  it("is ended with its children, also when only they are left", async () => {
    const { compute, folder } = await prepare();
    const program = `
      import { createCompute } from "#compute";
      import { writeFileSync } from "node:fs";
      const compute = createCompute({ clock: { nowMs: () => 0 }, cacheFolder: "/tmp" });
      await compute.runProcess({
        command: process.argv[1], cwd: process.argv[2], variables: {}, maximumLogBytes: 1000,
        logFile: process.argv[2] + "/log",
        onStart: async (mark) => writeFileSync("mark", JSON.stringify(mark)),
      });`;
    for (const command of [
      "sleep 60 & echo $! > child; wait",
      "(trap '' HUP PIPE; sleep 60) & echo $! > child; sleep 0.2",
    ]) {
      await writeFile(join(folder, "child"), "");
      const server = spawn(
        process.execPath,
        [
          "--input-type=module",
          "-e",
          program.replaceAll('"mark"', 'process.argv[2] + "/mark"'),
          command,
          folder,
        ],
        {
          cwd: import.meta.dirname,
          stdio: "inherit",
        },
      );
      const child = await firstLine(join(folder, "child"));
      server.kill("SIGKILL");
      const mark: ProcessMark = JSON.parse(await readFile(join(folder, "mark"), "utf8"));
      if (command.startsWith("(")) while (isAlive(mark.pid)) await sleep(20);
      assert.equal(isAlive(Number(child)), true);
      assert.equal(await compute.endOrphan(mark), true);
      assert.equal(isAlive(Number(child)), false);
      assert.equal(await compute.endOrphan(mark), false);
    }
  });

  it("is not mistaken for a process that got its number later", async () => {
    const { compute } = await prepare();
    const other = spawn("sleep", ["60"], { detached: true });
    assert.ok(other.pid !== undefined);
    assert.equal(await compute.endOrphan({ pid: other.pid, startTicks: "1" }), false);
    assert.equal(isAlive(other.pid), true);
    other.kill();
  });
});

async function firstLine(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (text.endsWith("\n")) return text.trim();
    await sleep(20);
  }
}
