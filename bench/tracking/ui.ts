import { performance } from "node:perf_hooks";

import { chromium } from "playwright-core";
import type { Page } from "playwright-core";

import { manyRuns, manyPoints, openManyRuns } from "../../journeys/browser/many-runs.ts";
import { findChromium } from "../../tools/test/browser.ts";
import type { Figure } from "../figures.ts";
import { figureLine } from "../figures.ts";
import { quantile } from "./turns.ts";

// The pages of runs over 100,000 of them, and a metric of a million points, in a real browser on loopback:
// `node bench/tracking/ui.ts`. Each figure is the median of a few, from the deed of the reader to what the
// reader waits for, so it holds the server, the answer and the drawing. Needs the built pages and Chromium.

const repeats = 5;
const runs = "/projects/care/runs";

const many = await openManyRuns({ points: manyPoints });
const browser = await chromium.launch({
  args: ["--no-sandbox"],
  executablePath: findChromium(process.env) ?? "/usr/bin/chromium",
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  // The first look at a long series sums it up; later ones, and any after its points came through the API, do not.
  const firstLookMs = await timed(async () => {
    await page.goto(`${many.url}${runs}/${"1".padStart(32, "0")}?tab=charts&metric=loss`);
    await drawn(page);
  });
  const figures: Figure[] = [
    { what: "first look at a metric of a million points that came in bulk", value: firstLookMs, unit: "ms" },
    {
      what: "draw a metric of a million points: open the tab until the canvas stands",
      value: await median(async () => {
        await page.goto(`${many.url}${runs}/${"1".padStart(32, "0")}`);
        await page.getByRole("link", { name: /^Charts/ }).hover();
        await page.waitForTimeout(500);
        return await timed(async () => {
          await page.getByRole("link", { name: /^Charts/ }).click();
          await drawn(page);
        });
      }),
      unit: "ms",
      target: 300,
    },
    {
      what: "zoom into half of what is drawn, again and again: until the finer answer is drawn",
      value: await median(async () => {
        await page.getByRole("group", { name: "Chart: loss" }).focus();
        await page.waitForTimeout(500);
        return await timed(async () => {
          const answer = page.waitForResponse((response) => response.url().includes("from="));
          await page.keyboard.press("+");
          await answer;
          await drawn(page);
        });
      }),
      unit: "ms",
      target: 150,
    },
    {
      what: `open the table of ${manyRuns} runs, from the address to the first row`,
      value: await median(() =>
        timed(async () => {
          await page.goto(many.url + runs);
          await page.getByRole("link", { name: `run-${manyRuns}`, exact: true }).waitFor();
        }),
      ),
      unit: "ms",
    },
    {
      what: "jump to row 50000",
      value: await median(async () => {
        await scrollTo(page, 0);
        await page.waitForTimeout(500);
        await page.reload();
        await page.getByRole("link", { name: `run-${manyRuns}`, exact: true }).waitFor();
        return await timed(async () => {
          await scrollTo(page, 0.5);
          await page.getByRole("link", { name: `run-${manyRuns / 2}`, exact: true }).waitFor();
        });
      }),
      unit: "ms",
    },
    {
      what: "order by a metric",
      value: await median(async () => {
        await page.goto(many.url + runs);
        await page.getByRole("link", { name: `run-${manyRuns}`, exact: true }).waitFor();
        return await timed(async () => {
          await page.getByRole("button", { name: "auc" }).click();
          await page.locator('th[aria-sort="descending"]', { hasText: "auc" }).waitFor();
          await page.locator('tr[data-index="0"] a').waitFor();
        });
      }),
      unit: "ms",
    },
    {
      what: "filter by (a or b) and c, with the number of all that fit",
      value: await median(async () => {
        await page.goto(many.url + runs);
        const filter = page.getByRole("textbox", { name: "Filter runs" });
        await filter.fill("(params.depth = '3' or params.depth = '4') and metrics.auc > 0.5");
        return await timed(async () => {
          await filter.press("Enter");
          await page.getByText("8,334 runs").waitFor();
          await page.locator('tr[data-index="0"] a').waitFor();
        });
      }),
      unit: "ms",
    },
    {
      what: "nodes of the table",
      value: await page.locator("[data-runs] *").count(),
      unit: "",
      target: 3_000,
    },
  ];
  for (const figure of figures) console.log(figureLine(figure));
} finally {
  await browser.close();
  await many.close();
}

async function timed(deed: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await deed();
  return performance.now() - beganMs;
}

async function median(measure: () => Promise<number>): Promise<number> {
  const found: number[] = [];
  for (let turn = 0; turn < repeats; turn++) found.push(await measure());
  return quantile(found, 0.5);
}

/** The chart stands and waits for no finer answer. */
async function drawn(page: Page): Promise<void> {
  await page.locator('[aria-label="Chart: loss"]:not([aria-busy]) canvas').waitFor({ timeout: 60_000 });
}

async function scrollTo(page: Page, share: number): Promise<void> {
  await page
    .locator("[data-runs]")
    .evaluate((scroller, to) => void (scroller.scrollTop = scroller.scrollHeight * to), share);
}
