import assert from "node:assert/strict";
import { it } from "node:test";

import { nearest } from "./nearest.ts";

it("suggests the candidate a typing error away, whatever the case", () => {
  const keys = ["objective", "pipeline", "monitoring", "data"];
  assert.deepEqual(
    ["objectve", "Piepline", "monitorng", "dta"].map((text) => nearest(text, keys)),
    ["objective", "pipeline", "monitoring", "data"],
  );
});

it("suggests nothing when nothing is near", () => {
  assert.equal(nearest("colour", ["objective", "data"]), undefined);
});
