import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";

import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

import { temporaryFolder } from "#kernel/testing";

import { findChromium } from "../../tools/test/browser.ts";
import { startServer } from "../failures/gyre.ts";
import { writeProject } from "../failures/project.ts";
import { openReader, violations } from "./reader.ts";
import type { Reader } from "./reader.ts";

const executablePath = findChromium(process.env);
const built = existsSync(join(resolve(import.meta.dirname, "../.."), "web/dist/index.html"));
const missing =
  executablePath === undefined
    ? "no Chromium in PATH (Debian: apt install chromium), and GYRE_TEST_CHROMIUM names none"
    : built
      ? false
      : "the web UI is not built: npm run build";

/** A family, a step that talks for a while, one that asks a person, and an end that works or does not. */
const stages = (end: string, sign: string): string => `stages:
  fold:
    foreach: [a, b, c]
    do: { cmd: "echo \${item} > fold-\${item}.txt", deps: [data/messages.csv], outs: ["fold-\${item}.txt"] }
  talk:
    cmd: "printf '\\\\033[32mgreen\\\\033[0m\\\\n'; seq -f 'line %.0f' 1 5000; until [ -e ${sign} ]; do sleep 0.1; done; echo still here; echo > talk.txt"
    deps: [data/messages.csv]
    outs: [talk.txt]
  ask:
    cmd: echo > asked.txt
    deps: [talk.txt]
    outs: [asked.txt]
    meta: { gyre: { approve: May it go on? } }
  end:
    cmd: "${end}"
    deps: [asked.txt, fold-a.txt, fold-b.txt, fold-c.txt]
    outs: [end.txt]
  daily:
    cmd: "echo \${day} > day.txt"
    params: [day]
    outs: [day.txt]
`;

describe("the pages of the pipeline over a real server", { skip: missing, timeout: 4 * 60_000 }, async () => {
  if (missing !== false) return;
  const shop = "/projects/shop";
  const folder = await temporaryFolder();
  /** The step that talks goes on when this file is there. */
  const sign = join(await temporaryFolder(), "go");
  writeProject(folder, {
    "dvc.yaml": stages("echo 'ValueError: no such end'; exit 3", sign),
    "params.yaml": "day: 2026-11-01\n",
  });
  // Started here and not in a hook: it ends with what it is started in.
  const server = await startServer({ folder });
  const url = /Gyre is up at (http:\/\/[^\s/]+)/.exec(server.said().stdout + server.said().stderr)?.[1] ?? "";
  let browser: Browser;
  let reader: Reader;

  before(async () => {
    browser = await chromium.launch({
      args: ["--no-sandbox"],
      ...(executablePath === undefined ? {} : { executablePath }),
    });
    reader = await openReader(browser, url);
  });
  after(async () => {
    await reader?.close();
    await browser?.close();
  });

  it("a run is followed line by line, asked about, answered, and its error is shown", async () => {
    const { page, open } = reader;
    await open(`${shop}/pipeline`);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL("**/executions/**");
    const execution = new URL(page.url()).pathname;
    await open(`${execution}?at=talk&group=families`);
    await page.getByRole("button", { name: /^fold × 3/ }).waitFor();
    await page.locator('[data-line="5002"]').getByText("line 5000").waitFor();
    writeFileSync(sign, "");
    await page.locator('[data-line="5003"]').getByText("still here").waitFor();
    await page.getByRole("heading", { level: 2, name: "May it go on?" }).waitFor();
    await page.getByLabel("Reason").fill("It may.");
    await page.getByRole("button", { name: "Approve" }).press("Enter");
    await page.getByText("Your answer is recorded.").waitFor();
    await open(`${execution}?at=end`);
    await page.locator("[data-line]").getByText("ValueError: no such end", { exact: true }).waitFor();
    await page.getByText("It has not succeeded before.").waitFor();
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(reader.complaints, []);
  });

  it("what was done is taken from the cache, and says of which execution; timeline and table agree", async () => {
    const { page, open } = reader;
    writeProject(folder, {
      "dvc.yaml": stages("echo done > end.txt", sign),
      "params.yaml": "day: 2026-11-01\n",
    });
    await open(`${shop}/pipeline?at=end`);
    await page.getByRole("heading", { name: "Would end run now?" }).waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL("**/executions/**");
    const execution = new URL(page.url()).pathname;
    await open(`${execution}?at=talk`);
    await page.getByRole("heading", { name: "Why it came from the cache" }).waitFor();
    await page.getByRole("link", { name: "this execution" }).waitFor();
    await open(`${execution}?tab=timeline`);
    await page.getByRole("button", { name: /^talk, cached/ }).waitFor();
    await open(`${execution}?tab=steps&state=cached`);
    await page.getByRole("link", { name: "talk", exact: true }).waitFor();
    assert.deepEqual(reader.complaints, []);
  });

  it("a schedule is set and paused, and a backfill fills its partitions", async () => {
    const { page, open } = reader;
    await open(`${shop}/pipeline?tab=schedules`);
    await page.getByRole("button", { name: "New schedule" }).click();
    await page.getByLabel("Name").fill("nightly");
    await page.getByLabel("Targets").fill("daily");
    await page.getByRole("button", { name: "Save" }).click();
    const nightly = page.getByRole("article", { name: "Schedule nightly" });
    await nightly.getByText("active").waitFor();
    await nightly.getByRole("button", { name: "Pause" }).click();
    await nightly.getByText("paused", { exact: true }).waitFor();

    await open(`${shop}/pipeline?tab=backfills`);
    await page.getByRole("button", { name: "New backfill" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Parameter", { exact: true }).fill("day");
    await dialog.getByLabel("From").fill("2026-11-01");
    await dialog.getByLabel("To").fill("2026-11-03");
    await dialog.getByLabel("Targets").fill("daily");
    await dialog.getByRole("button", { name: "Begin" }).click();
    await page.getByRole("heading", { level: 1, name: "Backfill over day" }).waitFor();
    await page.getByRole("button", { name: "3 succeeded" }).waitFor();
    await page.getByRole("button", { name: /^succeeded 2026-11-02/ }).click();
    await page.waitForURL("**/executions/**");
    await open(`${shop}/compute`);
    await page.getByRole("meter", { name: "CPU" }).waitFor();
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(reader.complaints, []);
  });
});
