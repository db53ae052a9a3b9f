import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

import type { Browser, Locator, Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const mostRequestsAView = 3;

/** Somebody in front of a browser; what the page complained of is kept. */
export interface Reader {
  readonly page: Page;
  /** Errors of the console, and exceptions. */
  readonly complaints: readonly string[];
  /** Opens an address and waits until the page stands. */
  open(path: string): Promise<void>;
  /** Does what leads to another view, waits for its heading, and holds the view to its few requests. */
  turnTo(heading: string | RegExp, deed: () => Promise<void>): Promise<void>;
  link(name: string | RegExp): Locator;
  close(): Promise<void>;
}

export async function openReader(
  browser: Browser,
  url: string,
  { theme = "light", width = 1280 }: { theme?: "light" | "dark"; width?: number } = {},
): Promise<Reader> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
    timezoneId: "UTC",
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on("request", (request) => {
    const path = new URL(request.url()).pathname;
    if (path.startsWith("/api/") && !path.endsWith("/stream")) asked.push(path);
  });
  const settle = async (): Promise<void> => {
    for (let before = -1; before !== asked.length;) {
      before = asked.length;
      await sleep(250);
    }
  };
  return {
    page,
    complaints,
    async open(path) {
      await page.goto(url + path);
      await page.locator("h1").first().waitFor();
      await settle();
    },
    async turnTo(heading, deed) {
      asked.length = 0;
      await deed();
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
      await settle();
      const found = `${String(heading)} asked ${asked.join(", ")}`;
      assert.ok(asked.length <= mostRequestsAView, found);
    },
    link: (name) => page.getByRole("main").getByRole("link", { name }).first(),
    close: () => context.close(),
  };
}

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe-core finds serious or critical on the page as it stands, in a line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<readonly Violation[]>(
    `axe.run({ resultTypes: ["violations"] }).then((result) => result.violations)`,
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** By how many pixels the page is wider than its window. */
export async function tooWideBy(page: Page): Promise<number> {
  return await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}
