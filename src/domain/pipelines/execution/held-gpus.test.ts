import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";

import { createCompute } from "#compute";
import { systemClock } from "#kernel/clock";
import { readStartTicks } from "#kernel/process-identity";
import { temporaryFolder } from "#kernel/testing";

import { numberedGpus } from "./gpus.ts";
import { createHeldGpus } from "./held-gpus.ts";
import { createPool } from "./pool.ts";

describe("a GPU on which a killed server left a process", () => {
  const compute = createCompute({ clock: systemClock });
  const open = (folder: string) => {
    const pool = createPool({ cpu: 8, memoryBytes: 8e9 }, numberedGpus(2));
    return { pool, held: createHeldGpus({ folder, pool, hasOrphan: compute.hasOrphan }) };
  };
  const request = (step: string) => ({
    step,
    stage: step,
    project: "p",
    execution: "exe_2",
    resources: { cpu: 1, memoryBytes: 0, gpu: 1 },
    priority: 0,
  });
  const { signal } = new AbortController();

  it("is given to no step of the next server before that process is gone", async () => {
    const folder = join(await temporaryFolder(), "gpus");
    const left = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    const pid = left.pid ?? 0;
    const mark = { pid, startTicks: readStartTicks(pid) };
    const gone = { pid: 2 ** 22 - 1, startTicks: "1" };
    const who = { stage: "train", project: "p", execution: "exe_1" };
    const before = open(folder);
    await before.held.hold(["0"], { ...mark, ...who });
    await before.held.hold(["1"], { ...gone, ...who });

    const { pool } = open(folder);
    assert.deepEqual((await pool.take(request("first"), signal)).devices, ["1"]);
    const second = pool.take(request("second"), signal);
    assert.equal(
      pool.waitsFor("second"),
      "waits for 1 of 2 gpu, held by train (of a server that ended), first",
    );
    assert.equal(await compute.endOrphan(mark), true);
    assert.deepEqual((await second).devices, ["0"]);
    // Both were forgotten with their processes: a third server begins with all of them.
    assert.equal(open(folder).pool.state().free.gpu, 2);
  });
});
