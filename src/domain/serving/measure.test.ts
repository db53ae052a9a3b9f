import { deepEqual, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import type { Infer } from "./inference-client.ts";
import { measureCalmLoad } from "./measure.ts";

const rows = [{ inputs: { text: "late" }, actual: "angry", slices: {} }];
const plan = { warmUp: 0, requests: 40, concurrency: 4, atMostMs: 5_000 };

const answer = {
  predictionId: "pred_1",
  label: "angry",
  decision: true,
  probabilities: { angry: 1 },
  modelVersionId: "mv_1",
  releaseId: "rel_1",
};

/** A model that takes as long as it is told for its nth request. */
function modelThat(takesMs: (request: number) => number): { readonly infer: Infer; asked(): number } {
  let requests = 0;
  return {
    asked: () => requests,
    async infer() {
      await sleep(takesMs(requests++));
      return [answer];
    },
  };
}

describe("the load before a release", () => {
  it("is measured again when something else disturbed it, and the calmest round counts", async () => {
    const { infer, asked } = modelThat((request) => (request < 40 && request % 8 === 0 ? 400 : 1));
    const { latenciesMs, requests } = await measureCalmLoad(infer, rows, plan);
    deepEqual([asked() > 40, requests], [true, 40]);
    ok(Math.max(...latenciesMs) < 400, `${Math.max(...latenciesMs)} ms of a calm round`);
  });

  it("shows a model that is slow by itself as slow", async () => {
    const { infer } = modelThat(() => 60);
    const { latenciesMs } = await measureCalmLoad(infer, rows, plan);
    ok(latenciesMs.every((latencyMs) => latencyMs > 50));
  });

  it("counts errors, and asks no second time when nothing answers", async () => {
    let asked = 0;
    const load = await measureCalmLoad(
      async () => {
        asked++;
        throw new Error("the model is gone");
      },
      rows,
      plan,
    );
    deepEqual([asked, load.errors, load.requests, load.latenciesMs], [40, 40, 40, []]);
  });
});
