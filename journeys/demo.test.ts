import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

const root = join(import.meta.dirname, "..");
const tweets = join(root, "..", "shared", "data", "airline-tweets.csv");
const atMostMs = 15 * 60_000;

const measured = z.object({ value: z.number(), n: z.number() });
const told = z.object({
  steps: z.array(z.object({ step: z.string(), atMs: z.number(), link: z.string().nullable() })),
  quality: z.object({ beforeEvent: measured, atWorst: measured, afterRetraining: measured }),
});

/** The acts of the story that must come, in their order; others may stand between them. */
const acts = [
  "project",
  "data",
  "baseline",
  "pipeline",
  "version",
  "gates",
  "approval",
  "outcomes",
  "live",
  "event",
];
const afterwards = ["incident", "retrained", "gates", "live", "pipeline", "gates", "rolled back"];

describe("the demo", () => {
  it(
    "goes round the whole loop on messages it made, and quality recovers",
    { timeout: atMostMs },
    async () => {
      const { steps, quality } = await playDemo([]);
      assertInOrder(steps, [...acts, ...afterwards, "resolved"]);
      assert.ok(quality.atWorst.value > 2 * quality.beforeEvent.value, "the event must be felt");
      assert.ok(quality.afterRetraining.value < quality.atWorst.value / 2, "the retraining must help");
    },
  );

  const skip = existsSync(tweets) ? false : `real messages are not at ${tweets}`;
  it("goes round on real messages", { timeout: atMostMs, skip }, async () => {
    const { steps, quality } = await playDemo(["--data", tweets]);
    assertInOrder(steps, [...acts, ...afterwards]);
    assert.ok(quality.atWorst.value > quality.beforeEvent.value);
    assert.ok(quality.afterRetraining.n > 0);
  });
});

async function playDemo(options: readonly string[]): Promise<z.infer<typeof told>> {
  const folder = await temporaryFolder();
  const words = ["demo", "--once", "--json", "--dir", join(folder, "airline-care"), ...options];
  const child = spawn(process.execPath, [join(root, "gyre"), ...words], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  assert.equal(code, 0, `the demo ended with ${code}: ${errors}`);
  assert.equal(errors, "", "nothing is said beside the data");
  return told.parse(JSON.parse(output));
}

function assertInOrder(steps: readonly { readonly step: string }[], expected: readonly string[]): void {
  const names = steps.map(({ step }) => step);
  let from = 0;
  for (const name of expected) {
    const found = names.indexOf(name, from);
    assert.notEqual(
      found,
      -1,
      `${name} does not come after ${names.slice(0, from).join(", ")}; there is ${names.join(", ")}`,
    );
    from = found + 1;
  }
}
