import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Resources } from "../definition/settings.ts";
import { numberedGpus } from "./gpus.ts";
import { createPool } from "./pool.ts";
import type { Holding } from "./pool.ts";

const capacity: Resources = { cpu: 2, memoryBytes: 8e9, gpu: 1 };

function openPool() {
  const pool = createPool(capacity, numberedGpus(1));
  const let_in: string[] = [];
  const leave = new Map<string, () => void>();
  const never = new AbortController().signal;
  const ask = (stage: string, needs: Partial<Resources> = {}, priority = 0, signal = never) => {
    const resources = { cpu: 1, memoryBytes: 0, gpu: 0, ...needs };
    const request = { step: stage, stage, project: "p", execution: "e", resources, priority };
    void pool.take(request, signal).then(
      ({ giveBack }) => {
        let_in.push(stage);
        leave.set(stage, giveBack);
      },
      () => {},
    );
  };
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const end = async (stage: string): Promise<void> => {
    leave.get(stage)?.();
    await settled();
  };
  return { pool, let_in, ask, end, settled };
}

describe("the resources of a machine", () => {
  it("are given by priority, then in the order of asking, and every waiting step has its reason", async () => {
    const { pool, let_in, ask, end, settled } = openPool();
    for (const stage of ["a", "b", "c"]) ask(stage);
    ask("urgent", {}, 5);
    await settled();
    assert.deepEqual(let_in, ["a", "b"]);
    assert.equal(pool.waitsFor("c"), "waits for 1 of 2 cpu, held by a, b");
    assert.deepEqual(
      pool.state().waiting.map(({ stage }) => stage),
      ["urgent", "c"],
    );
    await end("a");
    await end("b");
    assert.deepEqual(let_in, ["a", "b", "urgent", "c"]);
  });

  it("are kept for a wide step that is first in line, so that narrow ones cannot starve it", async () => {
    const { pool, let_in, ask, end, settled } = openPool();
    ask("a");
    ask("wide", { cpu: 2 });
    ask("narrow");
    await settled();
    assert.deepEqual(let_in, ["a"]);
    assert.equal(pool.waitsFor("wide"), "waits for 2 of 2 cpu, held by a");
    await end("a");
    assert.deepEqual(let_in, ["a", "wide"]);
    await end("wide");
    assert.deepEqual(let_in, ["a", "wide", "narrow"]);
  });

  it("let pass who needs nothing that those before it lack", async () => {
    const { let_in, ask, settled } = openPool();
    ask("trains", { gpu: 1 });
    ask("waits for the gpu", { gpu: 1 });
    ask("prepares");
    await settled();
    assert.deepEqual(let_in, ["trains", "prepares"]);
  });

  it("are free again when one that waited gives up, and when all have left", async () => {
    const { pool, let_in, ask, end, settled } = openPool();
    const givesUp = new AbortController();
    ask("a", { memoryBytes: 8e9 });
    ask("too large for now", { cpu: 2 }, 0, givesUp.signal);
    ask("b", { cpu: 0.5 });
    await settled();
    givesUp.abort();
    await settled();
    assert.deepEqual(let_in, ["a", "b"]);
    await end("a");
    await end("b");
    assert.deepEqual(pool.state().free, capacity);
  });

  it("say what can never be had", () => {
    const { pool } = openPool();
    assert.equal(pool.exceeds({ cpu: 1, memoryBytes: 0, gpu: 2 }), "2 gpu, of which this machine has 1");
    assert.equal(pool.exceeds({ cpu: 2, memoryBytes: 8e9, gpu: 1 }), undefined);
  });

  it("give each step GPUs of its own, as many as it asked for, whatever the order of coming and going", async () => {
    const pool = createPool({ cpu: 100, memoryBytes: 0 }, numberedGpus(5));
    const never = new AbortController().signal;
    const held = new Map<string, Holding & { readonly asked: number }>();
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return Math.floor((state / 2 ** 31) * below);
    };
    let ended = 0;
    for (let number = 0; number < 2_000; number++) {
      const asked = random(4);
      const step = `s${number}`;
      const resources = { cpu: 1, memoryBytes: 0, gpu: asked };
      const request = { step, stage: step, project: "p", execution: "e", resources, priority: random(3) };
      void pool.take(request, never).then((holding) => held.set(step, { ...holding, asked }));
      await new Promise<void>((resolve) => setImmediate(resolve));
      for (const { devices, asked: wanted } of held.values()) assert.equal(devices.length, wanted);
      const all = [...held.values()].flatMap(({ devices }) => devices);
      assert.equal(new Set(all).size, all.length, "a GPU is nobody else's");
      assert.ok(all.every((device) => ["0", "1", "2", "3", "4"].includes(device)));
      for (const [key, holding] of held) {
        if (random(3) > 0) continue;
        ended++;
        held.delete(key);
        holding.giveBack();
        // Given back twice by mistake, it is still there once.
        holding.giveBack();
      }
    }
    assert.ok(ended > 1_000, `only ${ended} steps ended`);
    while (held.size > 0 || pool.state().waiting.length > 0) {
      for (const [key, holding] of held) {
        held.delete(key);
        holding.giveBack();
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    assert.equal(pool.state().free.gpu, 5);
  });
});
