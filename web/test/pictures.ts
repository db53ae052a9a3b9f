import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { openStory } from "./story-server.ts";
import { nowMs, pages } from "./story.ts";

/** Takes a picture of every page, both themes, wide and narrow: node test/pictures.ts FOLDER [page…] */
const [folder = "pictures", ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const story = await openStory();
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
for (const [name, path] of Object.entries(pages)) {
  if (only.length > 0 && !only.includes(name)) continue;
  for (const [theme, width, height] of [
    ["light", 1280, 800],
    ["dark", 1280, 800],
    ["light", 390, 844],
    ["dark", 390, 844],
  ] as const) {
    if (process.env["QUICK"] && (theme === "dark") !== (width === 390)) continue;
    const page = await browser.newPage({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: "reduce",
    });
    await page.clock.setFixedTime(nowMs);
    page.on("console", (message) => message.type() === "error" && console.error(name, message.text()));
    page.on("pageerror", (error) => console.error(name, error.message));
    await page.goto(story.url + path);
    await page.waitForTimeout(900);
    await page.screenshot({ path: `${folder}/${name}-${width}-${theme}.png`, fullPage: true });
    await page.close();
  }
}
await browser.close();
await story.close();
