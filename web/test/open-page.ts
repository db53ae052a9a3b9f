import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { nowMs } from "./story.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Opens a page of the story and waits until it stands; what the browser complained of is kept. */
export async function openPage(
  browser: Browser,
  address: string,
  { theme = "light", width = 1280 }: { theme?: "light" | "dark"; width?: number } = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: theme,
    reducedMotion: "reduce",
    timezoneId: "UTC",
    bypassCSP: false,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("404")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.clock.setFixedTime(nowMs);
  await page.goto(address);
  if (address !== "about:blank") {
    await page.locator("[data-page-title], [role=alert]").first().waitFor();
    await page.waitForTimeout(400);
  }
  return { page, complaints };
}

declare global {
  /** What its script leaves in a page. */
  var axe: {
    run(
      options: unknown,
    ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
  };
}

/** What axe-core finds on the page as it stands, by the rules of WCAG 2.2 AA and its best practices. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const found = await globalThis.axe.run({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return found.violations.map(
      (each) =>
        `${each.id}: ${each.nodes
          .slice(0, 3)
          .map((node) => `${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`)
          .join(" | ")}`,
    );
  });
}

/** By how many pixels the page is wider than its window. */
export async function tooWideBy(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
