import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { gyre, isWellTold, startServer, stillRunning } from "./gyre.ts";
import type { Ended } from "./gyre.ts";
import { writeProject } from "./project.ts";

const megabyte = 1_000_000;

describe("a step that goes wrong", async () => {
  const folder = await temporaryFolder();
  const notes = await temporaryFolder();
  writeProject(folder, pipeline("exit 0"));
  const server = await startServer({ folder });

  let mendings = 0;

  /** Runs with another left branch, then with a good one, and gives both ends. */
  async function runThenMend(
    left: string,
    timeout?: string,
  ): Promise<{ readonly failed: Ended; readonly mended: Ended }> {
    writeProject(folder, pipeline(left, timeout));
    const failed = await gyre(["run"], { folder });
    mendings += 1;
    writeProject(folder, pipeline(`echo mended ${mendings} > left.txt`));
    return { failed, mended: await gyre(["run"], { folder }) };
  }

  it("that fails is told with its last lines; the other branch ends, and the next run goes on from there", async () => {
    const { failed, mended } = await runThenMend(
      "echo reading; echo 'no such column: sentimant' >&2; exit 3",
    );
    assert.equal(failed.code, 5);
    assert.match(failed.stdout, /^first +succeeded .*\nleft +failed .*\nright +succeeded .*\nend +skipped /m);
    assert.match(
      failed.stderr,
      /error\[execution_failed\]: The stage "left" failed: .* ended with exit code 3\.\n {2}\| reading\n {2}\| no such column: sentimant\nnext: /,
    );
    assert.equal(isWellTold(failed), null);
    assert.equal(mended.code, 0, mended.stderr);
    assert.match(mended.stdout, /^first +cached .*\nleft +succeeded .*\nright +cached .*\nend +succeeded /m);
    assert.deepEqual([countNotes("first"), countNotes("right")], [1, 1]);
  });

  it("that hangs is stopped at its time limit with all it started, and the next run goes on from there", async () => {
    const before = server.descendants();
    const { failed, mended } = await runThenMend("echo waiting; sleep 3600 & sleep 3600; wait", "2s");
    assert.equal(failed.code, 5);
    assert.match(
      failed.stderr,
      /The stage "left" had not ended after 2 s and was stopped\.\n(?: {2}\| .*\n)* {2}\| waiting\nnext: /,
    );
    assert.equal(isWellTold(failed), null);
    assert.deepEqual(
      stillRunning(server.descendants()).filter((pid) => !before.includes(pid)),
      [],
    );
    assert.match(mended.stdout, /^first +cached .*\nleft +succeeded .*\nright +cached /m);
  });

  it(
    "that prints a gigabyte is stopped at the limit, while the server's memory stays as it is",
    { timeout: 60_000 },
    async () => {
      const before = peakMemoryBytes(server.pid);
      const { failed } = await runThenMend(`yes 'the same line over and over' | head -c ${1_000 * megabyte}`);
      const after = peakMemoryBytes(server.pid);
      assert.equal(failed.code, 5, failed.stderr.slice(-2_000));
      assert.match(
        failed.stderr,
        /The stage "left" printed more than \d+ MB and was stopped\.\n(?: {2}\| the same line over and over\n)+/,
      );
      assert.equal(isWellTold({ stderr: failed.stderr.slice(failed.stderr.lastIndexOf("error[")) }), null);
      // What it keeps of the fifty it lets through is far less than they are.
      assert.ok(after - before < 60 * megabyte, `from ${before} to ${after} bytes`);
    },
  );

  function countNotes(name: string): number {
    const file = join(notes, name);
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
  }

  /** Two branches behind one stage; each notes outside the project that it ran. */
  function pipeline(left: string, timeout = "60s"): Record<string, string> {
    return {
      "left.sh": `${left}\n`,
      "dvc.yaml": `stages:
  first:
    cmd: echo ran >> ${notes}/first; wc -l < data/messages.csv > first.txt
    deps: [data/messages.csv]
    outs: [first.txt]
  left:
    cmd: sh left.sh
    deps: [first.txt, left.sh]
    outs: [left.txt]
    meta: { gyre: { timeout: ${timeout} } }
  right:
    cmd: sleep 1; echo ran >> ${notes}/right; echo right > right.txt
    deps: [first.txt]
    outs: [right.txt]
  end:
    cmd: cat left.txt right.txt > end.txt
    deps: [left.txt, right.txt]
    outs: [end.txt]
`,
    };
  }
});

function peakMemoryBytes(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1_024;
}
