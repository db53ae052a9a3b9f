import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

import { gyre, startGyre, startServer, stillRunning } from "./gyre.ts";
import type { Started } from "./gyre.ts";
import { writeProject } from "./project.ts";

/** A step that would take an hour, with a child of its own. */
const slow = {
  "dvc.yaml": `stages:
  slow:
    cmd: echo waiting; sleep 3600 & sleep 3601; echo done > done.txt
    deps: [data/messages.csv]
    outs: [done.txt]
`,
};
const secondsMs = 1_000;

describe("Ctrl-C", () => {
  it("ends gyre up while a pipeline runs, within seconds and with all it started", async () => {
    const folder = await temporaryFolder();
    writeProject(folder, slow);
    const server = await startServer({ folder });
    const running = startGyre(["run"], { folder });
    await running.says(/slow \| waiting/);
    const family = server.descendants();
    assert.ok(family.length >= 3, "a gateway, and a step with its child");
    const { code, tookMs } = await interrupt(server);
    assert.equal(code, 0);
    assert.ok(tookMs < 10 * secondsMs, `${tookMs} ms`);
    assert.deepEqual(stillRunning(family), []);

    const { code: clientCode, stderr } = await running.ended;
    assert.equal(clientCode, 1);
    assert.match(
      stderr,
      /^error\[server_not_running\]: The server stopped while exe_\S+ was running; the stages that had finished are kept\.\nnext: Start it again with: gyre up/m,
    );
  });

  it("at gyre run cancels the run with its processes, and says so", async () => {
    const folder = await temporaryFolder();
    writeProject(folder, slow);
    const server = await startServer({ folder });
    const before = server.descendants();
    const running = startGyre(["run"], { folder });
    await running.says(/slow \| waiting/);
    const { code, tookMs } = await interrupt(running);
    const { stdout, stderr } = await running.ended;
    assert.equal(code, 1);
    assert.ok(tookMs < 10 * secondsMs, `${tookMs} ms`);
    assert.match(stdout, /^slow +cancelled /m);
    assert.match(stderr, /^Cancelling exe_\S+; once more leaves it running and ends this command\.$/m);
    assert.match(
      stderr,
      /^error\[execution_cancelled\]: The run exe_\S+ was cancelled\.\nnext: Run it again with: gyre run$/m,
    );
    const left = server.descendants().filter((pid) => !before.includes(pid));
    assert.deepEqual(
      left.filter((pid) => !isForkServer(pid)),
      [],
    );
  });

  it("ends gyre demo in the middle of its story, within seconds and with all it started", async () => {
    const folder = await temporaryFolder();
    const demo = startGyre(["demo"], { folder });
    await demo.says(/baseline +a keyword rule is live/);
    const family = demo.descendants();
    assert.ok(family.length >= 1, "a gateway");
    const { code, tookMs } = await interrupt(demo);
    assert.equal(code, 130);
    assert.ok(tookMs < 15 * secondsMs, `${tookMs} ms`);
    assert.deepEqual(stillRunning(family), []);
    assert.match((await demo.ended).stderr, /Stopping; once more ends it at once\.\n$/);
  });
});

describe("kill -9 in the middle of the demo", () => {
  it("loses nothing that was acknowledged, and keeps no later demo from its stage", async () => {
    const folder = await temporaryFolder();
    const project = join(folder, ".gyre", "demo", "airline-care");
    const demo = startGyre(["demo"], { folder });
    await demo.says(/baseline +a keyword rule is live/);
    const family = demo.descendants();
    demo.kill("SIGKILL");
    await demo.ended;

    assert.equal((await gyre(["audit", "verify"], { folder: project })).code, 0);
    const server = await startServer({ folder: project });
    const [release] = await readJson(
      ["releases"],
      project,
      z.array(z.object({ number: z.number(), state: z.string() })),
    );
    assert.deepEqual(release, { number: 1, state: "live" });
    const [version] = await readJson(
      ["data", "messages"],
      project,
      z.array(z.object({ number: z.number(), state: z.string() })),
    );
    assert.deepEqual(version, { number: 1, state: "usable" });
    assert.equal((await interrupt(server)).code, 0);
    assert.deepEqual(stillRunning(family), []);

    const again = startGyre(["demo"], { folder });
    await again.says(/baseline +a keyword rule is live/);
    assert.equal((await interrupt(again)).code, 130);
  });
});

/** What starts the programs of steps stays for those of the next run. */
function isForkServer(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("start-programs.py");
}

async function interrupt(
  started: Started,
): Promise<{ readonly code: number | null; readonly tookMs: number }> {
  const beganMs = performance.now();
  started.interrupt();
  const { code } = await started.ended;
  return { code, tookMs: performance.now() - beganMs };
}

async function readJson<Answer>(
  words: readonly string[],
  folder: string,
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  const { code, stdout, stderr } = await gyre([...words, "--json"], { folder });
  assert.equal(code, 0, stderr);
  return schema.parse(JSON.parse(stdout));
}
