import { deepEqual, equal, rejects } from "node:assert/strict";
import { describe, it } from "node:test";

import type { Row, RunnableModel, Scored } from "#registry/runtimes";
import { createRandom } from "#stats";

import { createBatcher } from "./batch.ts";

/** Answers each row with its own text, after a turn or two; a row that says "poison" fails its whole call. */
function echo(): RunnableModel & { readonly calls: number[] } {
  const calls: number[] = [];
  return {
    calls,
    signature: { inputs: [{ name: "text", datatype: "BYTES", optional: false }], labels: ["a", "b"] },
    async score(rows) {
      calls.push(rows.length);
      await new Promise((resolve) => setImmediate(resolve));
      if (rows.some((row) => row["text"] === "poison")) throw new Error("poisoned");
      return rows.map((row) => ({ label: String(row["text"]), probabilities: [] }));
    },
    close: async () => {},
  };
}

const rowsOf = (texts: readonly string[]): Row[] => texts.map((text) => ({ text }));
const labels = (scored: readonly Scored[]): string[] => scored.map((one) => one.label);

describe("a batch", () => {
  it("holds the requests of one turn, and gives each its own answers", async () => {
    const model = echo();
    const { score } = createBatcher(model);
    const answers = await Promise.all([score(rowsOf(["a", "b"])), score([]), score(rowsOf(["c"]))]);
    deepEqual(answers.map(labels), [["a", "b"], [], ["c"]]);
    deepEqual(model.calls, [3]);
  });

  for (const seed of [1, 2, 3, 4, 5]) {
    it(`gives every request its own answers however they mix (seed ${seed})`, async () => {
      const random = createRandom(seed);
      const { score } = createBatcher(echo(), 8);
      const asked: Promise<void>[] = [];
      for (let request = 0; request < 400; request++) {
        const poisoned = random.chance(0.05);
        const texts = Array.from({ length: random.integer(5) }, (_, row) => `${seed}.${request}.${row}`);
        if (poisoned) texts.push("poison");
        const answer = score(rowsOf(texts));
        asked.push(
          poisoned ? rejects(answer, /poisoned/) : answer.then((scored) => deepEqual(labels(scored), texts)),
        );
        if (random.chance(0.2)) await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(asked);
    });
  }

  it("is divided where it would grow too large, and never inside a request", async () => {
    const model = echo();
    const { score } = createBatcher(model, 4);
    await Promise.all([3, 2, 9, 1, 1].map((count) => score(rowsOf(Array.from({ length: count }, String)))));
    deepEqual(model.calls, [3, 2, 9, 2]);
  });

  it("is refused whole when the model gives another number of answers", async () => {
    const { score } = createBatcher({ ...echo(), score: async () => [] });
    await rejects(score(rowsOf(["a"])), /0 answers for 1 rows/);
  });

  it("is settled when the last request has its answer", async () => {
    const { score, settled } = createBatcher(echo());
    let answered = 0;
    for (const text of ["a", "b"]) void score(rowsOf([text])).then(() => (answered += 1));
    await settled();
    equal(answered, 2);
  });
});
