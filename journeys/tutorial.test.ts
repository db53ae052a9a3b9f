import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { fillIds, missingLine, readPage } from "./page.ts";
import { openShell } from "./shell.ts";
import type { Shell } from "./shell.ts";

const root = resolve(import.meta.dirname, "..");
const exampleUrl = "http://127.0.0.1:7357";
const timeoutMs = 8 * 60_000;

it(
  "the tutorial works as it is written, from the first command to the last",
  { timeout: 2 * timeoutMs },
  async (t) => {
    const steps = readPage(readFileSync(join(root, "docs/tutorial/first-loop.md"), "utf8"));
    const shell = await openShell(t, {
      PATH: `${root}:${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`,
      GYRE_PORT: "0",
      GYRE_GATEWAY_PORT: "0",
    });
    let seen = "";
    let url = exampleUrl;
    for (const { commands, ends, prints } of steps) {
      const typed = fillIds(commands, seen).replaceAll(exampleUrl, url);
      const isThere = (text: string): boolean => missingLine(prints, text) === undefined;
      if (ends === "stays up") {
        const output = await shell.start(typed, isThere, timeoutMs);
        url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? url;
        continue;
      }
      const { output, exitCode } =
        ends === "in a moment" ? await runUntil(shell, typed, isThere) : await shell.run(typed, timeoutMs);
      seen += output;
      assert.equal(exitCode !== 0, ends === "refused", `${typed}\n${output}`);
      assert.equal(missingLine(prints, output), undefined, `${typed}\n${output}`);
    }
  },
);

/** As the reader does who looks again after a moment. */
async function runUntil(shell: Shell, commands: string, isThere: (output: string) => boolean) {
  const untilMs = performance.now() + 60_000;
  for (;;) {
    const result = await shell.run(commands, timeoutMs);
    if (isThere(result.output) || performance.now() > untilMs) return result;
    await sleep(500);
  }
}

describe("a page to execute", () => {
  it("is read as commands with what they print", () => {
    const page =
      "x\n```sh\na\nb\n```\n\n```text\nout 1\n\nout 2\n```\n\n<!-- refused -->\n\n```sh\nc\n```\n```console\n$ no\n```\n";
    assert.deepEqual(readPage(page), [
      { commands: "a\nb", ends: "well", prints: ["out 1", "out 2"] },
      { commands: "c", ends: "refused", prints: [] },
    ]);
  });

  it("is compared by shape: numbers, blanks and the ellipsis stand for any", () => {
    const output = "first\nrecall   passed  0.91  0.8 to 1  17\nrel_01abc is live.\n";
    assert.equal(missingLine(["recall passed 0.85 0.5 to 0.9 3", "rel_… is live."], output), undefined);
    assert.equal(missingLine(["rel_… is live.", "recall passed …"], output), "recall passed …");
    assert.equal(missingLine(["recall failed …"], output), "recall failed …");
  });

  it("takes the ids its reader would copy", () => {
    assert.equal(
      fillIds("gyre approve rel_…", "rel_01kaaaaaaaaa rel_01kbbbbbbbbb"),
      "gyre approve rel_01kbbbbbbbbb",
    );
  });
});
