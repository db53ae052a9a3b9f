import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { tryFlock } from "./flock.ts";

describe("the system's lock on a file", () => {
  for (const way of [undefined, "program"] as const) {
    it(`keeps everybody else out until the file is closed, taken by ${way ?? "a call of Node's"}`, (test) => {
      const folder = mkdtempSync(join(tmpdir(), "gyre-flock-"));
      test.after(() => rmSync(folder, { recursive: true }));
      const place = join(folder, "lock");
      const [file, other] = [openSync(place, "a+"), openSync(place, "a+")];
      const seenByProgram = (): number | null => spawnSync("flock", ["-n", place, "true"]).status;

      assert.equal(tryFlock(file, way), true);
      assert.deepEqual([tryFlock(other), tryFlock(other, "program"), seenByProgram()], [false, false, 1]);
      closeSync(file);
      assert.deepEqual([seenByProgram(), tryFlock(other)], [0, true]);
      closeSync(other);
    });
  }
});
