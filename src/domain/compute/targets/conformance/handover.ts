import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { OpenTarget, TargetUnderTest } from "./subject.ts";

export function describeHandover(get: () => OpenTarget, ready: () => TargetUnderTest): void {
  describe("the handing over", () => {
    it("with the same key is done once, also by several at once and after the end", async () => {
      const { submit, finish, target, shared } = get();
      const spec = { commands: [`echo x >> ${shared}/once; sleep 0.3`] };
      const order = { idempotencyKey: "only-once" };
      const handles = await Promise.all(Array.from({ length: 5 }, () => submit(spec, order)));
      const first = handles[0] ?? assert.fail();
      for (const handle of handles) assert.deepEqual(handle, first);
      const ended = await finish(first);
      assert.deepEqual(await submit(spec, order), first);
      assert.deepEqual(await target.poll(first), ended);
      assert.deepEqual(await target.find("only-once"), first);
      assert.equal(await target.find("never"), undefined);
      const { log } = await get().run({ commands: [`wc -l < ${shared}/once`] });
      assert.match(log, /\n\s*1\n$/);
    });

    it("gives a handle that is plain JSON", async () => {
      const { submit, finish, target } = get();
      const handle = await submit();
      assert.equal((await finish(JSON.parse(JSON.stringify(handle)))).state, "succeeded");
      await assert.rejects(target.poll({ ...handle, work: "wrk_none" }), { code: "work_not_found" });
    });

    it("is listed by owner until the work has ended", async () => {
      const { submit, finish, target } = get();
      const mine = await submit({ commands: ["sleep 1"] }, { owner: "exe_mine", idempotencyKey: "mine" });
      await submit({}, { owner: "exe_other" });
      const listed = await target.list("exe_mine");
      assert.deepEqual(
        listed.map(({ handle, idempotencyKey }) => [handle, idempotencyKey]),
        [[mine, "mine"]],
      );
      await finish(mine);
      assert.deepEqual(await target.list("exe_mine"), []);
    });

    it("is answered at once when the work stands otherwise than the caller knows", async () => {
      const { submit, finish, target } = get();
      const handle = await submit();
      await finish(handle);
      const startedMs = performance.now();
      await target.poll(handle, { waitMs: 30_000, known: { state: "running", reason: "It runs." } });
      assert.ok(performance.now() - startedMs < 15_000);
    });
  });

  describe("after a crash of the server", () => {
    it("another server finds the work, and adopts it where it lives on", async () => {
      const { submit, running, shared } = get();
      const { outlivesServer } = ready();
      const owner = "exe_crashed";
      const handle = await submit(
        { commands: [`echo $$ > ${shared}/crashed; sleep 2; echo done > out`], outs: ["out"] },
        { owner },
      );
      await running(handle);
      const next = await get().restart();
      try {
        const found = await next.target.list(owner);
        assert.deepEqual(
          found.map((one) => one.handle),
          [handle],
        );
        const { state, outs, reason } = await next.finish(handle);
        assert.deepEqual([state, outs.length], outlivesServer ? ["succeeded", 1] : ["lost", 0], reason);
        const { log } = await next.run({ commands: [`kill -0 $(cat ${shared}/crashed) 2>&1 || echo gone`] });
        assert.match(log, /gone\n$/);
      } finally {
        await next.close();
      }
    });

    it("another server can cancel what nobody wants any more", async () => {
      const { submit, running } = get();
      const owner = "exe_unwanted";
      await running(await submit({ commands: ["sleep 300"] }, { owner }));
      const next = await get().restart();
      try {
        for (const { handle } of await next.target.list(owner)) {
          await next.target.cancel(handle, 100);
          const { state } = await next.finish(handle);
          assert.ok(state === "cancelled" || state === "lost", state);
        }
        assert.deepEqual(await next.target.list(owner), []);
      } finally {
        await next.close();
      }
    });
  });
}
