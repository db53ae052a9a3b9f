import assert from "node:assert/strict";
import { test } from "node:test";
import { violations } from "./open-page.ts";
import { pages } from "./story.ts";
import { tellStory } from "./told-story.ts";

/** Evaluation data by the keyboard: what is searched and opened stands in the URL. */
const story = tellStory();

test("a set is opened from the list, searched, walked and left again by the keyboard", async () => {
  const { page } = await story.open("evaluation-datasets");
  await page.getByRole("link", { name: "lost-luggage-questions" }).press("Enter");
  await page.getByRole("heading", { level: 1, name: "lost-luggage-questions" }).waitFor();
  const records = page.getByRole("region", { name: "Records" });
  await records.locator("tr[data-index]").first().waitFor();
  // Only the rows in sight exist.
  assert.ok((await records.locator("tr[data-index]").count()) < 60);
  await page.getByRole("searchbox", { name: "Search records" }).fill("cello");
  story.asked.length = 0;
  await page.keyboard.press("Enter");
  await page.getByText("166 found").waitFor();
  assert.equal(story.asked.length, 1);
  assert.equal(new URL(page.url()).searchParams.get("find"), "cello");
  // Who has searched goes on in the same field.
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("type")), "search");
  await records.focus();
  await page.keyboard.press("j");
  await page.waitForTimeout(100);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Record" });
  await dialog.getByText("Be kind, and name the price.").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("at"), `dr-${"2".padStart(32, "0")}`);
  await page.keyboard.press("Escape");
  await page.waitForURL((url) => !url.searchParams.has("at"));
  assert.equal(new URL(page.url()).searchParams.get("find"), "cello");
  await page.context().close();
});

test("a record leads to the trace it came from, and a set to the runs that used it", async () => {
  const { page } = await story.open("evaluation-record");
  await page
    .getByRole("dialog")
    .getByRole("link", { name: /^the trace tr-/ })
    .press("Enter");
  await page.waitForURL(/traces\/tr-0+1001$/);
  await story.goTo(page, "evaluation-dataset");
  const all = page.getByRole("link", { name: /^all / });
  await all.waitFor();
  const filter = new URL((await all.getAttribute("href")) ?? "", story.url).searchParams.get("filter");
  assert.equal(filter, "dataset.name = 'lost-luggage-questions'");
  await page.context().close();
});

test("a filter that cannot be read is told at its place, and a set that may not be read says why", async () => {
  const page = await story.openEmpty();
  await page.route("**/api/**/evaluation-datasets?*", async (route) =>
    route.fulfill({ status: 400, json: { code: "filter_invalid", message: "Nothing is called nonsense." } }),
  );
  await page.route("**/api/**/evaluation-datasets/d-*", async (route) =>
    route.fulfill({ status: 403, json: { code: "permission_denied", message: "Mira may not read this." } }),
  );
  await page.goto(`${story.url}${pages["evaluation-datasets"]}?filter=nonsense`);
  await page.getByRole("alert").getByText("Nothing is called nonsense.").waitFor();
  assert.deepEqual(await violations(page), []);
  await story.goTo(page, "evaluation-dataset");
  await page.getByRole("heading", { level: 1, name: "Not open to you" }).waitFor();
  await page.context().close();
});
