import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createManualClock } from "./clock.ts";
import { createId, idTimeMs } from "./ids.ts";

describe("ids", () => {
  it("tell when they were made", () => {
    const madeAtMs = Date.UTC(2027, 2, 4, 10, 30);
    assert.equal(idTimeMs(createId("prediction", createManualClock(madeAtMs))), madeAtMs);
  });

  it("of others tell nothing", () => {
    assert.deepEqual(
      ["order-17", "prd_short", "prd_UPPERCASE00000000000", ""].map(idTimeMs),
      Array(4).fill(undefined),
    );
  });
});
