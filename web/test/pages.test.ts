import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { openPage, tooWideBy, violations } from "./open-page.ts";
import { pages } from "./story.ts";
import { tellStory } from "./told-story.ts";

/** The pages as built, with an invented project behind them; needs `npm run build -w web`. */
const story = tellStory();

for (const [name, path] of Object.entries(pages)) {
  test(`${name}: no accessibility violation in either theme, nothing refused by the policy of content, nothing too wide`, async () => {
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 390],
    ] as const) {
      const { page, complaints } = await open(path, colorScheme, width);
      assert.deepEqual(
        { violations: await violations(page), complaints, tooWideBy: await tooWideBy(page) },
        { violations: [], complaints: [], tooWideBy: 0 },
      );
      await page.context().close();
    }
  });
}

test("a change of page costs at most three requests", async () => {
  const { page } = await open("/projects/airline-care", "light", 1280);
  for (const place of [
    "Charter",
    "Data",
    "Pipeline",
    "Compute",
    "Studies",
    "Runs",
    "Traces",
    "Evaluation data",
    "Models",
    "Releases",
    "Serving",
    "Monitoring",
    "Incidents",
    "Webhooks",
    "Audit",
  ]) {
    story.asked.length = 0;
    await page
      .getByRole("navigation", { name: "Project" })
      .getByRole("link", { name: place, exact: true })
      .click();
    await page.getByRole("heading", { level: 1, name: place }).waitFor();
    await page.waitForTimeout(300);
    assert.ok(story.asked.length <= 3, `${place} asked ${story.asked.join(", ")}`);
  }
  await page.context().close();
});

test("the spans of a trace are walked, closed and opened by the keyboard, and the URL says which is shown", async () => {
  const { page } = await open(pages["trace"] ?? "", "light", 1280);
  const tree = page.getByRole("tree", { name: "Spans" });
  const names = () =>
    tree.getByRole("treeitem").evaluateAll((items) => items.map((item) => item.textContent));
  assert.equal((await names()).length, 5);
  await tree.getByRole("treeitem", { selected: true }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowLeft");
  assert.deepEqual(
    [await tree.getByRole("treeitem", { selected: true }).textContent(), (await names()).length],
    ["retrieveRETRIEVER310 ms", 4],
  );
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("End");
  await page.getByRole("heading", { level: 2, name: "generate" }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("at"), "05");
  await page.context().close();
});

test("the palette, the shortcut sheet and the drawer open, close and are accessible", async () => {
  const { page } = await open("/projects/airline-care/runs", "dark", 1280);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search commands and pages" }).fill("monit");
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Monitoring" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await page
    .getByRole("dialog", { name: "Keyboard" })
    .waitFor({ state: "detached" })
    .catch(() => undefined);
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.getByRole("heading", { level: 1, name: "Data" }).waitFor();
  await page.setViewportSize({ width: 390, height: 800 });
  await page.getByRole("button", { name: "Open navigation" }).click();
  await page.getByRole("dialog", { name: "Navigation" }).getByRole("link", { name: "Models" }).click();
  await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
  await page.context().close();
});

test("a study tells what mattered as bars and as a table, and leads to the execution of each trial", async () => {
  const { page } = await open(pages["study"] ?? "", "light", 1280);
  const bars = page.getByRole("list", { name: "Importance for f1" }).getByRole("listitem");
  await bars.first().waitFor();
  assert.deepEqual(
    (await bars.allTextContents()).map((text) => text.replaceAll(/\s/g, " ")),
    ["train.c71 %", "train.ngram12 %", "train.analyzer3 %", "together14 %"],
  );
  await page.getByText("As a table").click();
  await page.getByRole("row", { name: "train.c 71 %" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("group", { name: "Chart: f1 by trial" }).focus();
  await page.keyboard.press("End");
  assert.match(
    (await page.locator("figure p[aria-live]").first().textContent()) ?? "",
    /^trial 12; f1 0\.71.*best so far/,
  );
  await page.getByRole("link", { name: "trial 12", exact: true }).click();
  await page.waitForURL(/executions\/exe_12$/);
  await page.context().close();
});

test("a graph and a chart are walked with the arrow keys", async () => {
  const { page } = await open("/projects/airline-care/executions/exe_07", "light", 1280);
  await page.getByRole("button", { name: /^evaluate/ }).focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-node")), "export");
  await page.goto(`${story.url}/projects/airline-care/monitoring`);
  const chart = page.getByRole("group", { name: "Chart: recall" });
  await chart.focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  assert.match(
    (await page.locator("figure p[aria-live]").first().textContent()) ?? "",
    /10 Mar 2027.*recall 0\.713.*n 1/,
  );
  await page.context().close();
});

async function open(
  path: string,
  theme: "light" | "dark",
  width: number,
): Promise<{ page: Page; complaints: string[] }> {
  return await openPage(story.browser, story.url + path, { theme, width });
}
