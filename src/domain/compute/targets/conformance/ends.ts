import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { readTree } from "#kernel/blobs";

import { listOpenWork } from "../store.ts";
import type { OpenTarget, TargetUnderTest } from "./subject.ts";

type Ending = Pick<TargetUnderTest, "cpus" | "takeAway" | "vanish" | "outlivesServer">;

/**
 * Counts, one a tenth of a second, and goes on from where the checkpoint says. Whenever it is told to end, the
 * checkpoint holds a whole number, which is what it says then: a number is written beside the directory and renamed
 * into it, and the first one before it says that it has begun.
 */
const counting = `
trap 'echo "told at $(cat keep/n)"; cp keep/n keep/told; exit 75' TERM
n=$(cat keep/n 2>/dev/null || echo 0); echo $n > n.part; mv n.part keep/n; echo "begins at $n"
while [ $n -lt LIMIT ]; do n=$((n+1)); echo $n > n.part; mv n.part keep/n; sleep 0.1; done
echo "counted to $n"`;
const countTo = (limit: number): readonly string[] => [
  counting.replace("LIMIT", String(limit)).trim().replaceAll("\n", "; ").replaceAll("do; ", "do "),
];

export function describeEnds(get: () => OpenTarget, ending: Ending): void {
  describe("work that must end", () => {
    it("is stopped with its children when its time is over, and keeps its log", async () => {
      const { state, endedEarly, log } = await get().run({
        commands: ["echo begun; sleep 300 & wait; sleep 300"],
        timeoutMs: 1_000,
      });
      assert.deepEqual([state, endedEarly], ["failed", "timeout"]);
      assert.match(log, /begun/);
    });

    it("has the grace time when it is cancelled", async () => {
      const { submit, target, running, finish, log } = get();
      const handle = await submit({
        commands: [
          "trap 'echo tidies; sleep 0.3; echo tidied; exit 0' TERM; echo ready; while true; do sleep 0.05; done",
        ],
      });
      await running(handle);
      while (!(await log(handle)).includes("\nready")) await target.poll(handle, { waitMs: 50 });
      await target.cancel(handle, 20_000);
      const { state, reason } = await finish(handle);
      assert.deepEqual([state, reason], ["cancelled", "It was cancelled."]);
      assert.match(await log(handle), /tidies\ntidied\n$/);
    });

    it("is killed after the grace time when it does not listen", async () => {
      const { submit, target, running, finish, log } = get();
      const handle = await submit({ commands: ["trap '' TERM; echo deaf; while true; do sleep 0.05; done"] });
      await running(handle);
      while (!(await log(handle)).includes("\ndeaf")) await target.poll(handle, { waitMs: 50 });
      await target.cancel(handle, 300);
      const { state, signal } = await finish(handle);
      assert.deepEqual([state, signal], ["cancelled", "SIGKILL"]);
    });

    it("and has ended already is left as it ended", async () => {
      const { run, target } = get();
      const { handle, ...before } = await run();
      await target.cancel(handle, 0);
      await target.cancel(handle, 0);
      assert.equal((await target.poll(handle)).state, before.state);
    });

    it("before it began never begins", async () => {
      const { submit, target, running, finish, shared } = get();
      const all = { cpus: ending.cpus, memoryBytes: 0, gpus: 0 };
      const blocker = await submit({ commands: ["sleep 300"], resources: all });
      await running(blocker);
      const waiting = await submit({ commands: [`touch ${shared}/begun`], resources: all });
      const queued = await target.poll(waiting, { waitMs: 3_000, known: { state: "queued", reason: "" } });
      assert.equal(queued.state, "queued");
      assert.match(queued.reason, /wait/i);
      await target.cancel(waiting, 5_000);
      assert.equal((await finish(waiting)).state, "cancelled");
      await target.cancel(blocker, 100);
      await finish(blocker);
      const { log } = await get().run({ commands: [`ls ${shared}/begun 2>&1 || echo "it never began"`] });
      assert.match(log, /it never began/);
    });
  });

  describe("work whose machine is taken away", () => {
    it("is told, and goes on from its checkpoint in the next attempt", async () => {
      const { submit, running, finish, target, blobs, log } = get();
      const checkpoint = { path: "keep", restore: null };
      const first = await submit({ commands: countTo(1_000), checkpoint }, { idempotencyKey: "count-1" });
      await running(first);
      while (!(await log(first)).includes("begins at 0")) await target.poll(first, { waitMs: 50 });
      await ending.takeAway(first, get());
      const taken = await finish(first);
      assert.equal(taken.state, "preempted", taken.reason);
      const told = Number(/told at (\d+)/.exec(await log(first))?.[1]);
      const files = (await readTree(blobs, taken.checkpoint ?? "")).files;
      assert.deepEqual(
        files.map(({ path }) => path),
        ["n", "told"],
      );

      const again = await submit(
        { commands: countTo(told + 3), checkpoint: { path: "keep", restore: taken.checkpoint } },
        { idempotencyKey: "count-2" },
      );
      assert.equal((await finish(again)).state, "succeeded");
      assert.match(await log(again), new RegExp(`begins at ${told}\ncounted to ${told + 3}\n$`));
    });

    it("without a word is lost, and its last checkpoint is not", async () => {
      const { submit, running, finish, target, blobs } = get();
      const holdsCount = async (tree: string | null): Promise<boolean> =>
        tree !== null && (await readTree(blobs, tree)).files.some(({ path }) => path === "n");
      const handle = await submit({ commands: countTo(1_000), checkpoint: { path: "keep", restore: null } });
      await running(handle);
      // The first look may find the count before it has its name.
      while (!(await holdsCount((await target.poll(handle)).checkpoint)))
        await target.poll(handle, { waitMs: 50 });
      await ending.vanish(handle, get());
      const { state, reason, checkpoint } = await finish(handle);
      assert.equal(state, "lost", reason);
      assert.equal(await holdsCount(checkpoint), true);
    });
  });

  describe("resources", () => {
    it("that no machine has are refused at once, and nothing is kept of it", async () => {
      const { submit, db } = get();
      const before = (await listOpenWork(db)).length;
      await assert.rejects(submit({ resources: { cpus: 10_000, memoryBytes: 0, gpus: 0 } }), {
        code: "resources_unavailable",
        message: /10000 CPUs/,
      });
      await assert.rejects(submit({ resources: { cpus: 0.1, memoryBytes: 1e15, gpus: 0 } }), {
        code: "resources_unavailable",
      });
      assert.equal((await listOpenWork(db)).length, before);
    });

    it("are shared: more work than there is room for runs one after the other", async () => {
      const { run, shared } = get();
      const command = `echo + >> ${shared}/room; sleep 0.4; echo - >> ${shared}/room`;
      const resources = { cpus: ending.cpus * 0.75, memoryBytes: 0, gpus: 0 };
      const works = await Promise.all([1, 2, 3].map(() => run({ commands: [command], resources })));
      assert.deepEqual(
        works.map(({ state }) => state),
        ["succeeded", "succeeded", "succeeded"],
      );
      const { log } = await run({ commands: [`tr -d '\\n' < ${shared}/room`] });
      assert.match(log, /\n\+-\+-\+-$/);
    });

    it("are what the target says it has", async () => {
      const { largest, version } = await get().target.capabilities();
      assert.equal(largest?.cpus, ending.cpus);
      assert.notEqual(version, "");
    });
  });
}
