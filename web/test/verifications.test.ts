import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { violations } from "./open-page.ts";
import { inProject, tellStory, type Order } from "./told-story.ts";

/** Verifications by the keyboard: begun, followed, cancelled, and read. */
const story = tellStory();

test("a sample is begun by the keyboard, and a wrong size is said at its field", async () => {
  const { page, orders } = await open("verifications");
  await page.getByRole("button", { name: "New verification" }).press("Enter");
  await page.getByLabel("Sample").fill("none");
  await page.getByText("Write a whole number from 1, or nothing.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Begin" }).isDisabled(), true);
  await page.getByLabel("Sample").fill("3");
  await page.getByLabel("Seed").fill("7");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Begin" }).press("Enter");
  await page.getByRole("heading", { level: 1, name: "Verification" }).waitFor();
  assert.deepEqual(orders, [["POST pipeline/verifications", { targets: [], sample: 3, seed: 7 }]]);
  await page.context().close();
});

test("a step leads to the verifications of its stage, which can be run again alone", async () => {
  const { page, orders } = await open("execution");
  await page.goto(`${story.url}/projects/airline-care/executions/exe_06?at=train`);
  await page.getByRole("link", { name: "Is it reproducible?" }).press("Enter");
  await page.getByRole("heading", { level: 2, name: "Verifications of train" }).waitFor();
  const those = page.locator("main [data-row-link]");
  await those.first().waitFor();
  assert.equal(await those.count(), 2);
  await page.getByRole("button", { name: "Verify it" }).press("Enter");
  await page.getByRole("button", { name: "Begin" }).press("Enter");
  await page.getByRole("heading", { level: 1, name: "Verification" }).waitFor();
  assert.deepEqual(orders, [["POST pipeline/verifications", { targets: ["train"], alone: true }]]);
  await page.context().close();
});

test("what differs stands with its digests, links to the step, and the URL holds what is shown", async () => {
  const { page } = await open("verification-differs");
  const outs = page.getByRole("region", { name: "Outs that differ" }).getByRole("row");
  assert.deepEqual(
    await outs.evaluateAll((rows) =>
      rows
        .slice(1)
        .map((row) =>
          [...row.children].map((cell) => cell.querySelector("code, a")?.textContent ?? cell.textContent),
        ),
    ),
    [
      ["train", "models/classifier", "3f0a1c9b", "9be1d2c3"],
      ["train", "reports/importance-of-each-word-of-the-vocabulary.json", "9be1d2c3", "not made"],
    ],
  );
  await page.getByRole("button", { name: "1 failed" }).press("Enter");
  const stages = page.getByRole("region", { name: "Stages", exact: true });
  assert.equal(await stages.locator("[data-row-link]").count(), 1);
  assert.equal(new URL(page.url()).searchParams.get("state"), "failed");
  await stages.getByRole("link", { name: "evaluate" }).press("Enter");
  await page.waitForURL(/executions\/exe_06\?at=evaluate$/);
  await page.context().close();
});

test("one that runs says what it waits for, is asked for seldom, and is cancelled", async () => {
  const { page, orders } = await open("verification-running");
  await page.getByText("waits for 1 GPU, which train of exe_07 holds").first().waitFor();
  story.asked.length = 0;
  await page.waitForTimeout(1_500);
  assert.deepEqual(story.asked, []);
  await page.getByRole("button", { name: "Cancel" }).press("Enter");
  await page.getByText("The verification is cancelled.").waitFor();
  assert.deepEqual(orders, [["POST pipeline/verifications/ver_5/cancel", {}]]);
  await page.context().close();
});

test("a list that cannot be read says why, and one that may not be read says so", async () => {
  for (const [status, words] of [
    [503, "The database does not answer."],
    [403, "You may not read this project."],
  ] as const) {
    const page = await story.openEmpty();
    await page.route("**/pipeline/verifications", async (route) =>
      route.fulfill({ status, json: { code: "out_of_reach", message: words, next: "Ask the owner." } }),
    );
    await story.goTo(page, "verifications");
    await page.getByText(words).waitFor({ timeout: 20_000 });
    assert.deepEqual(await violations(page), []);
    await page.context().close();
  }
});

test("who may not run the pipeline is told so before they try", async () => {
  const { page } = await story.open("verification-differs");
  const again = page.getByRole("button", { name: "Verify again" });
  assert.match((await again.getAttribute("aria-description")) ?? "", /You may not/);
  await page.context().close();
});

/** The page as somebody who may run the pipeline sees it. */
async function open(name: string): Promise<{ page: Page; orders: Order[] }> {
  return await story.openFor({ everywhere: ["pipeline:run"] }, name, inProject({ id: "ver_5" }));
}
