import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { copyOutput } from "./copy-output.ts";

describe("what a process printed", () => {
  it("is written to its end, however long the disk takes for it", async () => {
    const lines = Array.from({ length: 60 }, (_, index) => `line ${index}\n`);
    const written: string[] = [];
    const output = copyOutput(
      Readable.from(lines.map((line) => Buffer.from(line))),
      async (chunk) => {
        await sleep(50);
        written.push(Buffer.from(chunk).toString());
        return true;
      },
      () => assert.fail("no limit was reached"),
    );
    await output.finish();
    assert.deepEqual(written, lines);
  });

  it("ends when the pipe is held open by somebody who prints nothing, little, or without end", async () => {
    for (const everyMs of [undefined, 30, 0]) {
      const pipe = new PassThrough();
      let isOpen = true;
      pipe.once("close", () => (isOpen = false));
      pipe.write("its own words");
      const written: Buffer[] = [];
      const output = copyOutput(
        pipe,
        async (chunk) => written.push(Buffer.from(chunk)) > 0,
        () => assert.fail("no limit was reached"),
      );
      const finished = output.finish();
      for (; everyMs !== undefined && isOpen; await sleep(everyMs)) pipe.write(Buffer.alloc(10_000, "x"));
      await finished;
      assert.match(Buffer.concat(written).toString(), /^its own words/);
      assert.equal(isOpen, false);
    }
  });

  it("is not read on when no more is wanted", async () => {
    const limits: string[] = [];
    const output = copyOutput(
      Readable.from([Buffer.from("a"), Buffer.from("b"), Buffer.from("c")]),
      async (chunk) => Buffer.from(chunk).toString() !== "b",
      () => limits.push("reached"),
    );
    await output.finish();
    assert.deepEqual(limits, ["reached"]);
  });
});
