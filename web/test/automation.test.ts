import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { violations } from "./open-page.ts";
import { inProject, tellStory, type Order } from "./told-story.ts";

/** Schedules, triggers, backfills and approvals by the keyboard, with what each order says to the server. */
const story = tellStory();

test("a schedule is set in a dialog, and a refusal stands at its field", async () => {
  const { page, orders } = await open("schedules");
  await page.getByRole("button", { name: "New schedule" }).press("Enter");
  await page.getByLabel("Name").fill("weekly");
  await page.getByRole("button", { name: "weekdays at 6" }).press("Enter");
  await page.getByLabel("Time zone").fill("Europe/Berlin");
  await page.getByLabel("Targets").fill("train\nevaluate");
  await page.getByLabel("Parameters").fill("train.c=2");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Save" }).press("Enter");
  await page.getByText("The schedule is set.").waitFor();
  await page.getByRole("button", { name: "Pause" }).first().press("Enter");
  await page.getByText("The schedule is paused.").waitFor();
  assert.deepEqual(orders, [
    [
      "PUT schedules/weekly",
      {
        cron: "0 6 * * 1-5",
        timezone: "Europe/Berlin",
        missed: "once",
        overlap: "skip",
        targets: ["train", "evaluate"],
        parameters: { "train.c": 2 },
      },
    ],
    ["POST schedules/nightly/pause", {}],
  ]);
  await page.route("**/schedules/odd", async (route) =>
    route.fulfill({ status: 400, json: { code: "schedule_invalid", message: "There is no 61st minute." } }),
  );
  await page.getByRole("button", { name: "New schedule" }).press("Enter");
  await page.getByLabel("Name").fill("odd");
  await page.getByLabel("When").fill("61 * * * *");
  await page.getByRole("button", { name: "Save" }).press("Enter");
  await page.getByRole("dialog").getByText("There is no 61st minute.").waitFor();
  assert.equal(await page.getByLabel("When").getAttribute("aria-invalid"), "true");
  await page.context().close();
});

test("the partitions of a backfill that failed are run once more, and no others", async () => {
  const { page, orders } = await open("backfill-failed");
  await page.getByRole("button", { name: "Retry 3 partitions" }).press("Enter");
  await page.getByText("The failed partitions have begun once more.").waitFor();
  assert.deepEqual(orders, [
    [
      "POST backfills",
      {
        parameter: "data.day",
        partitions: ["2026-11-05", "2026-11-14", "2026-11-23"],
        targets: ["train"],
        parameters: {},
        concurrency: 4,
      },
    ],
  ]);
  await page.context().close();
});

test("five thousand partitions are walked by the keyboard, and only those in sight are on the page", async () => {
  const { page } = await open("backfill-large");
  await page.locator("[data-cell]").first().focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-cell")), "1");
  await page.keyboard.press("End");
  await page.locator('[data-cell="4999"]:focus').waitFor();
  assert.ok((await page.locator("main *").count()) < 1_500);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Try a stronger regularisation" }).waitFor();
  await page.context().close();
});

test("to decline needs a reason, and the answer goes to the step that asked", async () => {
  const { page, orders } = await open("approvals");
  const question = page.locator("section").filter({ hasText: "May the new word list go in?" });
  await question.getByRole("button", { name: "Decline" }).press("Enter");
  await page.getByText("Say in a sentence why you decline.").waitFor();
  assert.deepEqual(orders, []);
  await question.getByLabel("Reason").fill("It holds names of people.");
  await question.getByRole("button", { name: "Decline" }).press("Enter");
  await page.getByText("Your answer is recorded.").waitFor();
  assert.deepEqual(orders, [
    ["POST executions/exe_06/steps/publish/decline", { note: "It holds names of people." }],
  ]);
  await page.context().close();
});

test("who may not answer, begin or pause is told so before they try", async () => {
  const { page } = await story.open("approvals");
  const approve = page.getByRole("button", { name: "Approve" }).first();
  assert.match((await approve.getAttribute("aria-description")) ?? "", /You may not decide about releases/);
  await page.context().close();
});

/** The page as somebody who may do all of it sees it. */
async function open(name: string): Promise<{ page: Page; orders: Order[] }> {
  const who = { everywhere: ["pipeline:run", "release:approve"] };
  return await story.openFor(who, name, inProject({ id: "bkf_2" }));
}
