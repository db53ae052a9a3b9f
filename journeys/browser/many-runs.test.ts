import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";

import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";

import { findChromium } from "../../tools/test/browser.ts";
import { manyRuns, openManyRuns } from "./many-runs.ts";
import type { ManyRuns } from "./many-runs.ts";
import { openReader, violations } from "./reader.ts";

const executablePath = findChromium(process.env);
const built = existsSync(join(resolve(import.meta.dirname, "../.."), "web/dist/index.html"));
const missing =
  executablePath === undefined
    ? "no Chromium in PATH (Debian: apt install chromium), and GYRE_TEST_CHROMIUM names none"
    : built
      ? false
      : "the web UI is not built: npm run build";
const runs = "/projects/care/runs";

describe("a hundred thousand runs in a browser", { skip: missing, timeout: 8 * 60_000 }, () => {
  let many: ManyRuns;
  let browser: Browser;

  before(async () => {
    many = await openManyRuns();
    browser = await chromium.launch({
      args: ["--no-sandbox"],
      ...(executablePath === undefined ? {} : { executablePath }),
    });
  });
  after(async () => {
    await browser?.close();
    await many?.close();
  });

  it("are scrolled to any row, with few nodes on the page and few requests on the way", async () => {
    const { page, open, close } = await openReader(browser, many.url);
    await open(runs);
    await firstRow(page, `run-${manyRuns}`);
    const asked = countBlocks(page);
    // Newest first: behind 50,000 rows stands run 50,000.
    await scrollToRow(page, 50_000);
    await page.getByRole("link", { name: `run-${manyRuns - 50_000}`, exact: true }).waitFor();
    const nodes = await page.locator("[data-runs] *").count();
    assert.ok(nodes < 3_000, `${nodes} nodes`);
    // A row may lie at the seam of two blocks of a hundred.
    assert.ok(asked() <= 3, `${asked()} blocks were asked for`);
    assert.deepEqual(await violations(page), []);

    await page.locator("[data-runs]").focus();
    await page.keyboard.press("End");
    await page.getByRole("link", { name: "run-1", exact: true }).waitFor();
    assert.equal(await page.locator("a:focus").textContent(), "run-1");
    await close();
  });

  it("are filtered with or and parentheses, a mistake is told with its place, and the order is the server's", async () => {
    const { page, open, close, complaints } = await openReader(browser, many.url);
    await open(runs);
    const filter = page.getByRole("textbox", { name: "Filter runs" });
    await filter.fill("(params.depth = '3' or params.depth = '4') and metrics.auc > 0.5");
    await filter.press("Enter");
    const wanted = Array.from({ length: manyRuns }, (_, index) => index + 1).filter(
      (run) => (run % 12 === 3 || run % 12 === 4) && run > manyRuns / 2,
    ).length;
    await page.getByText(`${wanted.toLocaleString("en")} runs`).waitFor();
    await page.getByRole("button", { name: "auc" }).click();
    await page.getByRole("button", { name: "auc" }).click();
    await firstRow(page, "run-50007");
    assert.match(page.url(), /filter=.*sort=metrics\.auc/);

    await filter.fill("metrics.auc > 0.5 and\nparams.depth > '3'");
    await filter.press("Enter");
    await page.getByText("Line 2, column 14:").waitFor();
    assert.equal(complaints.filter((each) => !each.includes("400")).length, 0);
    await close();
  });

  it("are grouped, compared, tagged, deleted and brought back", async () => {
    const { page, open, close } = await openReader(browser, many.url);
    await open(`${runs}?group=params.model`);
    await page.getByRole("button", { name: /model-1 2,500/ }).click();
    await page.getByRole("link", { name: "run-99961", exact: true }).waitFor();

    await open(`${runs}?filter=${encodeURIComponent("run_name like 'run-4242%'")}`);
    await page.getByText("11 runs").waitFor();
    await page.getByRole("checkbox", { name: "Choose run-42429" }).click();
    await page.getByRole("checkbox", { name: "Choose run-42420" }).click({ modifiers: ["Shift"] });
    await page.getByText("10 runs chosen").waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("1 run", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("11 runs").waitFor();

    await page.getByRole("link", { name: "Compare all" }).click();
    await page.getByRole("heading", { name: "Compare runs" }).waitFor();
    await page.getByRole("row", { name: /^depth/ }).waitFor();
    await page.getByRole("link", { name: "Sweep" }).click();
    await page.getByText("All 11 runs.").waitFor();
    await close();
  });

  it("are looked at through a view that was saved under a name", async () => {
    const { page, open, close } = await openReader(browser, many.url);
    await open(`${runs}?filter=${encodeURIComponent("metrics.auc > 0.9")}&sort=metrics.auc`);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view…" }).click();
    await page.getByLabel("Name").fill("The best");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("The view is saved.").waitFor();
    await open(runs);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitemcheckbox", { name: "The best" }).click();
    await firstRow(page, "run-90001");
    await close();
  });
});

async function firstRow(page: Page, name: string): Promise<void> {
  await page.locator(`tr[data-index="0"]`).getByRole("link", { name, exact: true }).waitFor();
}

/** As a click far down the scroll bar does. */
async function scrollToRow(page: Page, row: number): Promise<void> {
  const table = page.locator("[data-runs]");
  const height = await table.evaluate((scroller) => scroller.scrollHeight);
  await table.evaluate((scroller, top) => void (scroller.scrollTop = top), (row * height) / manyRuns);
}

function countBlocks(page: Page): () => number {
  let asked = 0;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/v1/projects/care/runs") asked++;
  });
  return () => asked;
}
