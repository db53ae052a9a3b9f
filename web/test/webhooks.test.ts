import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { violations } from "./open-page.ts";
import { tellStory, type Order } from "./told-story.ts";

/** Webhooks by the keyboard, with what each order says to the server. */
const story = tellStory();

test("a webhook is made in a dialog, a refused address stands at its field, and its secret is shown once", async () => {
  const { page, orders } = await open("webhooks");
  let refuses = true;
  await page.route("**/api/v1/webhooks", async (route) => {
    if (route.request().method() === "GET" || !refuses) return route.fallback();
    refuses = false;
    const message = "Webhook URL must not resolve to a non-public IP address, and inside does.";
    return route.fulfill({ status: 400, json: { code: "webhook_url_refused", message } });
  });
  await page.getByRole("button", { name: "New webhook" }).press("Enter");
  await page.getByLabel("Name").fill("chat");
  await page.getByLabel("Address").fill("https://inside/x");
  await page.getByRole("group", { name: "Release" }).getByLabel("release.live").press("Space");
  await page.getByRole("group", { name: "Incident" }).getByLabel("incident.opened").press("Space");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Make it" }).press("Enter");
  await page.getByRole("dialog").getByText("must not resolve to a non-public").waitFor();
  assert.equal(await page.getByLabel("Address").getAttribute("aria-invalid"), "true");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("type")), "url");
  await page.getByLabel("Address").fill("https://hooks.example.org/x");
  await page.getByRole("button", { name: "Make it" }).press("Enter");
  const shown = page.getByRole("dialog", { name: /shown this once/ });
  const secret = await shown.getByRole("region", { name: "Secret" }).textContent();
  assert.match(secret ?? "", /^[\w-]{43}$/);
  assert.deepEqual(orders, [
    [
      "POST ",
      {
        name: "chat",
        url: "https://hooks.example.org/x",
        description: "",
        events: ["release.live", "incident.opened"],
        secret,
        project: "airline-care",
      },
    ],
  ]);
  await shown.getByRole("button", { name: "I have kept it" }).press("Enter");
  await page.waitForURL(/webhooks\/whk_1$/);
  await page.context().close();
});

test("a webhook is tried, paused, given a new secret and deleted, and what cannot be taken back asks first", async () => {
  const { page, orders } = await open("webhook");
  await page.getByRole("button", { name: "Send a test" }).press("Enter");
  await page.getByRole("dialog").getByLabel("Example of").selectOption("release.live");
  await page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).press("Enter");
  await page.getByText("The receiver answered 500, which is no 2xx").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Pause" }).press("Enter");
  await page.getByText("The webhook is paused.").waitFor();
  await page.getByRole("button", { name: "New secret" }).press("Enter");
  await page.getByRole("button", { name: "Keep the old one" }).press("Enter");
  await page.getByRole("button", { name: "New secret" }).press("Enter");
  await page.getByRole("button", { name: "Make a new secret" }).press("Enter");
  const shown = page.getByRole("dialog", { name: /shown this once/ });
  const secret = await shown.getByRole("region", { name: "Secret" }).textContent();
  await shown.getByRole("button", { name: "I have kept it" }).press("Enter");
  await page.getByRole("button", { name: "Delete" }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).press("Enter");
  await page.waitForURL(/airline-care\/webhooks$/);
  assert.deepEqual(orders, [
    ["POST /whk_1/test", { event: "release.live" }],
    ["PATCH /whk_1", { isActive: false }],
    ["PATCH /whk_1", { secret }],
    ["DELETE /whk_1", null],
  ]);
  await page.context().close();
});

test("a failed delivery is opened from its row, tells what came back, and is sent again", async () => {
  const { page, orders } = await open("webhook-failed");
  const rows = page.getByRole("region", { name: "Deliveries" }).locator("tr[data-index]");
  assert.equal(await rows.count(), 6);
  await rows.first().getByRole("link", { name: "incident.opened" }).press("Enter");
  const dialog = page.getByRole("dialog", { name: "incident.opened" });
  await dialog.getByText("the channel #on-duty was archived").waitFor();
  const view = new URL(page.url()).searchParams;
  assert.deepEqual([view.get("state"), view.get("at")], ["failed", "7d1f0a2e-0000-4000-8000-000000000003"]);
  await dialog.getByRole("button", { name: /^Retry/ }).press("Enter");
  await page.getByText("The delivery is sent again, under its id.").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL((url) => !url.searchParams.has("at"));
  assert.deepEqual(orders, [["POST /whk_1/deliveries/7d1f0a2e-0000-4000-8000-000000000003/retry", {}]]);
  await page.context().close();
});

test("who may not manage webhooks is told why, and by whom it could change", async () => {
  const page = await story.openEmpty();
  await page.route("**/api/v1/webhooks?*", async (route) =>
    route.fulfill({
      status: 403,
      json: {
        code: "permission_denied",
        message: "Mira does not hold webhook:manage in the project airline-care.",
        next: "Ask an owner for one of the roles that hold it: owner.",
      },
    }),
  );
  await story.goTo(page, "webhooks");
  await page.getByText("Not open to you").waitFor();
  await page.getByText("Ask an owner for one of the roles that hold it: owner.").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.context().close();
});

/** The page as somebody who may manage the webhooks of the project sees it. */
async function open(name: string): Promise<{ page: Page; orders: Order[] }> {
  const who = { everywhere: [], projects: { "airline-care": ["webhook:manage"] } };
  return await story.openFor(who, name, {
    pattern: "**/api/v1/webhooks{,/**}",
    below: "/api/v1/webhooks",
    json: (method, path) => {
      if (method === "DELETE") return undefined;
      if (path.endsWith("/test")) return { success: false, status: 500, body: "no such hook", error: null };
      return { id: "whk_1", name: "chat" };
    },
  });
}
