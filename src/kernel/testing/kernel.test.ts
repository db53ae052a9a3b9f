import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";

import { createTestKernel } from "./index.ts";

declare module "../jobs/index.ts" {
  interface Jobs {
    "test.kernel": { readonly text: string };
  }
}

describe("the kernel for tests", () => {
  let folder = "";

  it("holds together: a job committed with its state writes a blob", async () => {
    const kernel = await createTestKernel();
    folder = kernel.folder;
    const digests: string[] = [];
    kernel.jobs.define("test.kernel", {
      run: async ({ payload }) =>
        void digests.push((await kernel.blobs.put(Buffer.from(payload.text))).digest),
    });
    await kernel.db.transaction(() => kernel.jobs.enqueue({ kind: "test.kernel", payload: { text: "abc" } }));
    await kernel.jobs.settle();
    assert.equal(await kernel.blobs.readText(digests[0] ?? ""), "abc");
  });

  it("leaves nothing behind", () => {
    assert.equal(existsSync(folder), false);
  });
});
