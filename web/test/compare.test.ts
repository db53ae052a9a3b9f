import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { violations } from "./open-page.ts";
import { tellStory } from "./told-story.ts";

/** Compared runs by the keyboard: the charts say which line is which run, and draw those that are asked for. */
const story = tellStory();

test("the legend hides a run in every chart, one is seen alone, and the URL holds it", async () => {
  const { page } = await story.open("compare-charts");
  const legend = page.getByRole("group", { name: "Runs" });
  for (const _ of ["accuracy", "f1"])
    await page.getByRole("button", { name: "Show as table" }).first().click();
  await legend.getByRole("button", { name: "train 1" }).press("Enter");
  await page.waitForURL((url) => url.searchParams.has("hidden"));
  const others = ["train 2", "train 3", "train 4", "evaluate 5", "train 6", "train 7", "train 8"];
  assert.deepEqual(await namesInTables(page), [others, others]);
  assert.deepEqual(await violations(page), []);
  await legend.getByRole("button", { name: "Hide all" }).press("Enter");
  await page.getByRole("button", { name: "Show as chart" }).first().click();
  await page.getByText("Every run is hidden: show one in the legend.").first().waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Show as table" }).first().click();
  await legend.getByRole("button", { name: "train 3" }).press("Enter");
  await page.getByRole("columnheader", { name: "train 2" }).waitFor({ state: "detached" });
  assert.deepEqual(await namesInTables(page), [["train 3"], ["train 3"]]);
  await page.reload();
  await legend.waitFor();
  const shown = legend.getByRole("button", { pressed: true });
  assert.deepEqual(await shown.allTextContents(), ["train 3"]);
  await page.context().close();
});

/** Of each table, in place of a chart, the runs that have a column. */
async function namesInTables(page: Page): Promise<string[][]> {
  return await page
    .locator("figure table")
    .evaluateAll((tables) =>
      tables.map((table) =>
        [...table.querySelectorAll("thead th")].slice(1).map((head) => head.textContent?.trim() ?? ""),
      ),
    );
}
