import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";

import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

import { findChromium } from "../../tools/test/browser.ts";
import { addressesOf } from "./addresses.ts";
import { openDemo } from "./demo.ts";
import type { Demo } from "./demo.ts";
import { openReader, tooWideBy, violations } from "./reader.ts";

const root = resolve(import.meta.dirname, "../..");
const executablePath = findChromium(process.env);
const built = existsSync(join(root, "web/dist/index.html"));
const missing =
  executablePath === undefined
    ? "no Chromium in PATH (Debian: apt install chromium), and GYRE_TEST_CHROMIUM names none"
    : built
      ? false
      : "the web UI is not built: npm run build";
const home = "/projects/airline-care";
const incidentTitle = /^(Wrong predictions|Recall|Version)/;

describe("the demo in a browser", { skip: missing, timeout: 14 * 60_000 }, () => {
  let demo: Demo;
  let browser: Browser;

  before(async () => {
    demo = await openDemo();
    browser = await chromium.launch({
      args: ["--no-sandbox"],
      ...(executablePath === undefined ? {} : { executablePath }),
    });
  });
  after(async () => {
    await browser?.close();
    await demo?.close();
  });

  it("is followed by clicks round the whole loop, from the data to the audit trail", async () => {
    const reader = await openReader(browser, demo.url);
    const { page, link, turnTo } = reader;
    const navigation = page.getByRole("navigation", { name: "Project" });
    const place = (name: string) => () => navigation.getByRole("link", { name, exact: true }).click();
    const loop = page.getByRole("region", { name: "The loop" });
    const see = (text: string | RegExp) => page.getByRole("main").getByText(text).first().waitFor();

    await reader.open(home);
    await see("Which messages does the care team answer first?");
    await turnTo("Data", () => loop.getByText("Data", { exact: true }).click());
    await turnTo("messages v2", () => link("messages").click());
    await see(/outcomes until/);

    await turnTo("Pipeline", place("Pipeline"));
    await turnTo("the first model", () => link("the first model").click());
    await page.getByRole("button", { name: /^train@words/ }).click();
    await see("python src/train.py words --ngrams 1 --c 4.0");
    await turnTo("train@words", () => link(/^[0-9a-f]{12}$/).click());
    await see("holdout_accuracy");

    await turnTo("Models", place("Models"));
    await turnTo("airline-care v2", () => link("airline-care v2").click());
    await see(/largest difference/);
    await turnTo("Releases", place("Releases"));
    await turnTo(/^airline-care v3/, () => link("airline-care v3").click());
    await see("1 of 5 gates failed");
    await turnTo("Releases", () => page.goBack().then(() => undefined));
    await turnTo(/^airline-care v4/, () => link("airline-care v4").click());
    await see("5 gates, none failed");
    await see("reviewer approved");

    await turnTo("Serving", place("Serving"));
    await turnTo("airline-care in production", () => link(/airline-care in production/).click());
    await page.getByLabel("text", { exact: true }).fill("hours late again and nobody answers");
    await page.getByRole("button", { name: "Predict" }).click();
    await turnTo(/^prd_/, () => link("See where it came from").click());
    await see("Approved by");
    await see("reviewer");
    await see("messages v2");

    await turnTo("Monitoring", place("Monitoring"));
    await page.getByRole("button", { name: /^recall \d/ }).click();
    const values = await recallByDay(reader.page);
    const worst = Math.min(...values.final);
    assert.ok(worst < 0.8, `recall fell below its bound: ${values.final.join(" ")}`);
    assert.ok((values.final.at(-1) ?? 0) > 0.85, `and recovered: ${values.final.join(" ")}`);
    assert.ok(values.maturing > 0, "the newest windows are told to be maturing");

    await turnTo("Incidents", place("Incidents"));
    const row = page.getByRole("row").filter({ hasText: "performance" });
    await turnTo(incidentTitle, () => row.getByRole("link").first().click());
    await see(/new words such as skypocket/);
    await see(/Version 4 is live/);
    await turnTo("Audit", place("Audit"));
    await page.getByRole("button", { name: "Verify the chain" }).click();
    await see("The chain is intact");
    assert.deepEqual(reader.complaints, []);
    await reader.close();
  });

  it("has no serious barrier on any page in either theme, and fits a narrow window", async () => {
    const reader = await openReader(browser, demo.url);
    const { page } = reader;
    const found: Record<string, readonly string[]> = {};
    for (const [name, path] of Object.entries(await addressesOf(demo.url))) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: "light" });
      await reader.open(path);
      const light = await violations(page);
      await page.emulateMedia({ colorScheme: "dark" });
      await page.setViewportSize({ width: 390, height: 900 });
      const dark = await violations(page);
      const excess = await tooWideBy(page);
      const problems = [...light, ...dark, ...(excess > 0 ? [`too wide by ${excess} px`] : [])];
      if (problems.length > 0) found[name] = problems;
    }
    assert.deepEqual({ found, complaints: reader.complaints }, { found: {}, complaints: [] });
    await reader.close();
  });

  it("is used with the keyboard alone", async () => {
    const reader = await openReader(browser, demo.url);
    const { page } = reader;
    await reader.open(home);
    await page.keyboard.press("Tab");
    assert.equal(await page.locator(":focus").textContent(), "Skip to content");
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(":focus").getAttribute("id"), "content");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search commands and pages" }).fill("incid");
    await reader.turnTo("Incidents", () => page.keyboard.press("Enter"));
    await page.keyboard.press("j");
    await reader.turnTo(incidentTitle, () => page.keyboard.press("Enter"));
    await page.keyboard.press("g");
    await reader.turnTo("Monitoring", () => page.keyboard.press("o"));
    assert.deepEqual(reader.complaints, []);
    await reader.close();
  });

  it("says to the second person what they may not do, and lets them do the rest", async () => {
    const reader = await openReader(browser, demo.url);
    const { page } = reader;
    await reader.open("/sign-in");
    await page.getByLabel("Token").fill(demo.reviewerToken);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "reviewer" }).waitFor();
    await reader.open(`${home}/pipeline`);
    const run = page.getByRole("button", { name: "Run", exact: true });
    assert.equal(await run.getAttribute("aria-disabled"), "true");
    assert.match((await run.getAttribute("aria-description")) ?? "", /^You may not run the pipeline here/);
    await run.click({ force: true });
    await page.getByText(/^You may not run the pipeline here/).waitFor();
    await reader.open(`${home}/releases`);
    await reader.turnTo(/^airline-care v4/, () => reader.link("airline-care v4").click());
    const rollBack = page.getByRole("button", { name: "Roll back" });
    assert.equal(await rollBack.getAttribute("aria-disabled"), null);
    assert.deepEqual(reader.complaints, []);
    await reader.close();
  });

  it(
    "is drawn for the README",
    { skip: process.env["GYRE_TEST_PICTURES"] === "1" ? false : "GYRE_TEST_PICTURES=1 writes docs/images" },
    async () => {
      const folder = join(root, "docs/images");
      mkdirSync(folder, { recursive: true });
      const addresses = await addressesOf(demo.url);
      const pictures: readonly [name: string, address: string | undefined, theme: "light" | "dark"][] = [
        ["home-light", addresses["home"], "light"],
        ["home-dark", addresses["home"], "dark"],
        ["monitoring-light", addresses["recall"], "light"],
        ["incident-light", addresses["incident, performance"], "light"],
        ["release-light", addresses["release, live"], "light"],
      ];
      for (const [name, address = home, theme] of pictures) {
        const reader = await openReader(browser, demo.url, { theme });
        await reader.page.setViewportSize({ width: 1280, height: heights[name] ?? 900 });
        await reader.open(address);
        await reader.page.waitForTimeout(1_500);
        await reader.page.screenshot({ path: join(folder, `${name}.png`) });
        await reader.close();
      }
    },
  );
});

/** Tall enough for what the picture is about. */
const heights: Readonly<Record<string, number>> = { "monitoring-light": 1_120, "incident-light": 1_040 };

/** The daily values of recall as the chart tells them in its table; those still maturing are only counted. */
async function recallByDay(page: Awaited<ReturnType<typeof openReader>>["page"]) {
  await page.getByRole("group", { name: "Chart: recall" }).waitFor();
  await page.getByRole("button", { name: "Show as table" }).first().click();
  const table = page.getByRole("region", { name: "recall, table" });
  const cells = await table.locator("tbody tr td:nth-child(2)").allTextContents();
  const told = cells.filter((cell) => /^\d/.test(cell));
  return {
    final: told.filter((cell) => !cell.includes("maturing")).map((cell) => Number.parseFloat(cell)),
    maturing: told.filter((cell) => cell.includes("maturing")).length,
  };
}
