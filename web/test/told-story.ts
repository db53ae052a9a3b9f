import { after, before } from "node:test";
import { chromium, type Browser, type Page } from "playwright-core";
import { openPage } from "./open-page.ts";
import { openStory } from "./story-server.ts";
import { pages } from "./story.ts";

/** The story in a real browser, for all tests of a file. */
export interface ToldStory {
  readonly browser: Browser;
  readonly url: string;
  /** The calls of the API so far. */
  readonly asked: string[];
  /** Opens a page by its name in the story and waits until it stands. */
  open(name: string): Promise<{ page: Page; complaints: string[] }>;
  /** An empty page: to set up what answers before it goes anywhere. */
  openEmpty(): Promise<Page>;
  /** Goes to a page by its name and waits until it stands. */
  goTo(page: Page, name: string): Promise<void>;
  /** Opens a page for somebody who may do more than look; what is ordered is kept, and answered by `answer`. */
  openFor(who: Permissions, name: string, answer: OrderAnswers): Promise<{ page: Page; orders: Order[] }>;
}

export interface Permissions {
  readonly everywhere: readonly string[];
  readonly projects?: Readonly<Record<string, readonly string[]>>;
}

/** Method and path below the pattern's own, and what was sent. */
export type Order = [string, unknown];

export interface OrderAnswers {
  /** The paths whose orders are kept, as Playwright has patterns. */
  readonly pattern: string;
  /** What of a path is not told. */
  readonly below: string;
  readonly json: (method: string, path: string) => object | undefined;
}

/** Everything below a project is answered by this. */
export function inProject(json: object): OrderAnswers {
  const below = "/api/v1/projects/airline-care/";
  return { pattern: `**${below}**`, below, json: () => json };
}

/** To be called once, outside the tests: the story is opened before the first and closed after the last. */
export function tellStory(): ToldStory {
  let told: { readonly browser: Browser; readonly story: Awaited<ReturnType<typeof openStory>> } | undefined;
  before(async () => {
    const story = await openStory();
    const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
    told = { story, browser: await chromium.launch({ executablePath, args: ["--no-sandbox"] }) };
  });
  after(async () => {
    await told?.browser.close();
    await told?.story.close();
  });
  const now = () => {
    if (told === undefined) throw new Error("The story is told within tests.");
    return told;
  };
  const addressOf = (name: string): string => {
    const path = pages[name];
    if (path === undefined) throw new Error(`The story has no page ${name}.`);
    return now().story.url + path;
  };
  const openEmpty = async () => (await openPage(now().browser, "about:blank")).page;
  const goTo = async (page: Page, name: string) => {
    await page.goto(addressOf(name));
    await page.locator("[data-page-title], [role=alert]").first().waitFor();
    await page.waitForTimeout(400);
  };
  return {
    get browser() {
      return now().browser;
    },
    get url() {
      return now().story.url;
    },
    get asked() {
      return now().story.asked;
    },
    open: async (name) => await openPage(now().browser, addressOf(name)),
    openEmpty,
    goTo,
    async openFor({ everywhere, projects = {} }, name, { pattern, below, json }) {
      const page = await openEmpty();
      const orders: Order[] = [];
      const principal = { id: "usr_mira", name: "Mira", kind: "person", via: "session" };
      await page.route("**/api/v1/me", async (route) =>
        route.fulfill({ json: { principal, permissions: { everywhere, projects } } }),
      );
      await page.route(pattern, async (route) => {
        const request = route.request();
        if (request.method() === "GET") return route.fallback();
        const path = decodeURIComponent(new URL(request.url()).pathname.replace(below, ""));
        orders.push([`${request.method()} ${path}`, request.postDataJSON()]);
        const answer = json(request.method(), path);
        return answer === undefined ? route.fulfill({ status: 204 }) : route.fulfill({ json: answer });
      });
      await goTo(page, name);
      return { page, orders };
    },
  };
}
