import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { openPage, violations } from "./open-page.ts";
import { tellStory } from "./told-story.ts";

/** The pages of executions in a real browser: a graph, a timeline and a log of any size, by keyboard too. */
const story = tellStory();

test("a family is one node with its counts, is opened and closed by the keyboard, and the address says so", async () => {
  const { page } = await story.open("execution");
  const family = page.getByRole("button", { name: /^crossvalidate × 12/ });
  assert.match((await family.textContent()) ?? "", /1.*5.*6/);
  await family.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^crossvalidate@3/ }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("open"), "crossvalidate@*");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Close the group crossvalidate" }).click();
  await family.waitFor();
  await page.getByRole("searchbox", { name: "Find a step" }).fill("vocab");
  await page.getByRole("button", { name: /^vocabulary/ }).click();
  await page.getByRole("heading", { level: 2, name: "vocabulary" }).waitFor();
  await page.context().close();
});

test("zooming, fitting and walking a graph need no pointer", async () => {
  const { page } = await story.open("execution-many-open");
  const graph = page.getByRole("group", { name: /^Steps\. 2000 nodes/ });
  await graph.locator("[data-node]").first().focus();
  await page.keyboard.press("Home");
  assert.equal(await focused(page), "load");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(page), "clean");
  const far = await graph.locator("[data-node]").count();
  for (let press = 0; press < 16; press++) await page.keyboard.press("+");
  await page.waitForTimeout(100);
  const near = await graph.locator("[data-node]").count();
  assert.ok(far === 1 && near > 1 && near < 200, `${far} nodes from afar, ${near} from near`);
  await page.keyboard.press("0");
  await page.waitForTimeout(100);
  assert.equal(await graph.locator("[data-node]").count(), 1);
  await page.context().close();
});

test("a graph and a timeline of 2,000 steps keep the page about as quick as those of 18", async () => {
  const small = await longestPause("execution", walkGraph);
  const large = await longestPause("execution-many-open", walkGraph);
  const smallTime = await longestPause("execution-timeline", scrollTimeline);
  const largeTime = await longestPause("execution-many-timeline", scrollTimeline);
  // A hundred times the steps; what was drawn, and the machine's own noise, may cost some frames more.
  assert.ok(large < 4 * small + 150, `the graph paused for ${large} ms, that of 18 steps for ${small} ms`);
  assert.ok(
    largeTime < 4 * smallTime + 150,
    `the timeline paused for ${largeTime} ms, that of 18 steps for ${smallTime} ms`,
  );
});

test("only what is in sight of 2,000 steps is on the page", async () => {
  for (const name of ["execution-many-open", "execution-many-timeline"]) {
    const { page } = await story.open(name);
    const nodes = await page.locator("main *").count();
    assert.ok(nodes < 2_000, `${name} has ${nodes} elements`);
    await page.context().close();
  }
});

test("the timeline is walked, zoomed and told by the keyboard", async () => {
  const { page } = await story.open("execution-timeline");
  const row = page.getByRole("button", {
    name: /^train, succeeded, waited 1 s, ran 1 min 31 s, on the critical path/,
  });
  await row.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 2, name: "vocabulary" }).waitFor();
  const before = await page.getByText("+1 min", { exact: true }).count();
  for (let press = 0; press < 6; press++) await page.keyboard.press("+");
  assert.deepEqual([before, await page.getByText("+1 min", { exact: true }).count()], [1, 0]);
  await page.keyboard.press("0");
  await page.getByText("+1 min", { exact: true }).waitFor();
  await page.context().close();
});

test("a log is searched, walked from hit to hit, and its lines have addresses", async () => {
  const { page } = await story.open("execution-train");
  const field = page.getByRole("searchbox", { name: "Search in log" });
  await field.fill("fold 13");
  await page.getByText("1 of 11").waitFor();
  assert.deepEqual(await linesInSight(page, /fold 13,/), ["13"]);
  await field.press("Enter");
  await page.getByText("2 of 11").waitFor();
  assert.ok((await linesInSight(page, /fold 130,/)).includes("130"));
  await page.getByRole("log").focus();
  await page.keyboard.press("e");
  assert.ok((await linesInSight(page, /Traceback/)).includes("210"));
  assert.deepEqual(
    ["at", "line", "find"].map((name) => new URL(page.url()).searchParams.get(name)),
    ["train", "210", "fold 13"],
  );
  assert.deepEqual(await violations(page), []);
  const { page: other } = await openPage(story.browser, page.url());
  await other.locator('[data-line="210"]').waitFor();
  await other.context().close();
  await page.context().close();
});

test("of a log whose lines are still being counted the end is there at once, and gets its numbers in place", async () => {
  const total = 40_000;
  let counted = 10_000;
  const page = await story.openEmpty();
  await page.route("**/exe_06/steps/train/log/lines?*", async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [asked, wanted] = [Number(query.get("from")), Number(query.get("count"))];
    const isTail = asked < 0 && counted < total;
    const first = asked < 0 ? total + asked + 1 : asked;
    const many = Math.max(0, Math.min(wanted, (isTail ? total : counted) - first + 1));
    await route.fulfill({
      json: {
        from: isTail ? -many : first,
        lines: Array.from({ length: many }, (_, at) => `line ${first + at} of the log`),
        errors: [],
        total: counted,
        sizeBytes: total * 100,
        readBytes: counted * 100,
        firstError: counted < total ? null : 12_345,
        attempt: 1,
      },
    });
  });
  await page.goto(`${story.url}/projects/airline-care/executions/exe_06?at=train`);
  const log = page.getByRole("log");
  await log.getByText(`line ${total} of the log`).waitFor();
  assert.equal(await log.getByRole("link", { name: /^Line/ }).count(), 0);
  await page.getByText("No error in the first 25 %").waitFor();
  assert.deepEqual(await violations(page), []);
  counted = total;
  await log.getByRole("link", { name: `Line ${total}`, exact: true }).waitFor();
  await log.getByText(`line ${total} of the log`).waitFor();
  await page.getByRole("button", { name: "First error" }).press("Enter");
  await log.getByText("line 12345 of the log").waitFor();
  await page.context().close();
});

test("a log of sixteen million lines is opened at any place with few requests and few elements", async () => {
  const { page } = await openPage(
    story.browser,
    `${story.url}/projects/airline-care/executions/exe_06?at=train`,
  );
  const log = page.getByRole("log");
  await page.locator('[data-line="1"]').waitFor();
  story.asked.length = 0;
  await log.focus();
  await page.keyboard.press("End");
  await page.locator('[data-line="16000000"]').getByText("line 16000000 of").waitFor();
  await log.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
  const middle = page.locator("[data-line]").filter({ hasText: /line (79|80)\d{5} of/ });
  await middle.first().waitFor();
  await page.getByRole("button", { name: "First error" }).click();
  await page.locator('[data-line="12345678"]').getByText("RuntimeError").waitFor();
  assert.ok(story.asked.length <= 6, story.asked.join(", "));
  assert.ok((await log.locator("*").count()) < 300);
  // Line by line from there, although the bar is far too short for that.
  await log.evaluate((element) => element.scrollBy(0, 20));
  await page.waitForTimeout(300);
  assert.equal(new URL(page.url()).searchParams.get("line"), "12345678");
  await page.locator('[data-line="12345679"]').waitFor();
  await page.context().close();
});

async function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.getAttribute("data-node") ?? null);
}

async function linesInSight(page: Page, text: RegExp): Promise<(string | null)[]> {
  const lines = page.locator("[data-line]").filter({ hasText: text });
  await lines.first().waitFor();
  return lines.evaluateAll((found) => found.map((each) => each.getAttribute("data-line")));
}

declare global {
  /** What `longestPause` keeps in the page. */
  var watch: { longestMs: number; isOver: boolean };
}

/**
 * The longest time in which the page drew nothing while something was done with it; the least of three such
 * times, because a busy machine lengthens a pause and nothing shortens one that the page itself needs.
 */
async function longestPause(name: string, deed: (page: Page) => Promise<void>): Promise<number> {
  const pausesMs: number[] = [];
  for (let attempt = 0; attempt < 3; attempt++) pausesMs.push(await longestPauseOnce(name, deed));
  return Math.round(Math.min(...pausesMs));
}

async function longestPauseOnce(name: string, deed: (page: Page) => Promise<void>): Promise<number> {
  const { page } = await story.open(name);
  await page.evaluate(() => {
    const watch = { longestMs: 0, isOver: false };
    globalThis.watch = watch;
    let lastMs = performance.now();
    const look = (nowMs: number) => {
      watch.longestMs = Math.max(watch.longestMs, nowMs - lastMs);
      lastMs = nowMs;
      if (!watch.isOver) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await deed(page);
  const longestMs = await page.evaluate(() => {
    globalThis.watch.isOver = true;
    return globalThis.watch.longestMs;
  });
  await page.context().close();
  return longestMs;
}

async function walkGraph(page: Page): Promise<void> {
  const graph = page.getByRole("group", { name: /^Steps\./ });
  const box = await graph.boundingBox();
  if (!box) throw new Error("The graph is not on the page.");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.keyboard.down("Control");
  for (let turn = 0; turn < 12; turn++) await page.mouse.wheel(0, -60);
  for (let turn = 0; turn < 12; turn++) await page.mouse.wheel(0, 60);
  await page.keyboard.up("Control");
  await page.mouse.down();
  await page.mouse.move(x - 300, y - 60, { steps: 20 });
  await page.mouse.up();
  await page.waitForTimeout(200);
}

async function scrollTimeline(page: Page): Promise<void> {
  const list = page.getByRole("region", { name: /^Timeline\./ });
  const box = await list.boundingBox();
  if (!box) throw new Error("The timeline is not on the page.");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (let turn = 0; turn < 20; turn++) await page.mouse.wheel(0, 300);
  await page.keyboard.down("Control");
  for (let turn = 0; turn < 10; turn++) await page.mouse.wheel(0, -60);
  await page.keyboard.up("Control");
  await page.waitForTimeout(200);
}
