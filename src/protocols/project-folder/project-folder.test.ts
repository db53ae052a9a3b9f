import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";

import { readConfig } from "#kernel/config";
import { temporaryFolder } from "#kernel/testing";
import { startServer } from "#main";
import type { System } from "#main";
import { changesBetween, parseProjectFile } from "#objectives";

const files = {
  "gyre.yaml": `project: shop
objective:
  decision: Which messages come first?
  task: classification
  target: mood
  positive: bad
  baseline: baseline.yaml
  ready_when: [ { recall: ">= 0.5" } ]
data:
  messages: { source: { file: data/messages.csv }, contract: contract.yaml }
`,
  "baseline.yaml": `version: 1
inputs: [text]
labels: [bad, fine]
rules:
  - when: { text: { contains_any: [late] } }
    then: { label: bad, score: 0.8 }
otherwise: { label: fine, score: 0.6 }
`,
  "contract.yaml": "columns:\n  text: { type: text }\n  mood: { type: text, one_of: [bad, fine] }\n",
  "data/messages.csv": "text,mood\nit is late,bad\nthank you,fine\n",
};

interface Shop {
  readonly folder: string;
  readonly system: System;
  write(path: string, text: string): Promise<void>;
  /** What `gyre apply` sends. */
  apply(folder?: string): Promise<{ status: number; body: unknown }>;
}

async function withShop(work: (shop: Shop) => Promise<void>): Promise<void> {
  const folder = join(await temporaryFolder(), "shop");
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  for (const [path, text] of Object.entries(files)) await write(path, text);
  const { config } = readConfig({
    flags: { port: "0", gatewayPort: "0", logLevel: "error", dir: join(folder, "..", "state") },
    environment: {},
    workingFolder: folder,
  });
  const system = await startServer(config);
  try {
    await work({
      folder,
      system,
      write,
      async apply(applied = folder) {
        const response = await fetch(`${system.url()}/api/v1/apply`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ folder: applied }),
        });
        return { status: response.status, body: await response.json() };
      },
    });
  } finally {
    await system.stop();
  }
}

const codeOf = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "code" in body ? body.code : undefined;

describe("applying a folder", () => {
  it("makes charter, data and baseline, and a second time changes nothing", async () => {
    await withShop(async ({ system, write, apply }) => {
      const dataset = { dataset: "messages", number: 1, rows: 2, state: "usable", breaches: [] };
      const first = await apply();
      assert.deepEqual(first, {
        status: 200,
        body: {
          project: "shop",
          charterVersion: 1,
          changed: changesBetween(null, parseProjectFile(files["gyre.yaml"])),
          datasets: [{ ...dataset, isNew: true }],
          baseline: { model: "shop", number: 1 },
        },
      });
      const events = (await system.ledger.verify()).events;
      const second = await apply();
      assert.deepEqual(second.body, {
        project: "shop",
        charterVersion: 1,
        changed: [],
        datasets: [{ ...dataset, isNew: false }],
        baseline: { model: "shop", number: 1 },
      });
      assert.equal((await system.ledger.verify()).events, events);

      await write("data/messages.csv", `${files["data/messages.csv"]}so so,neutral\n`);
      const broken = await apply();
      const versions = await system.data.listVersions("shop", "messages");
      assert.equal(broken.status, 200);
      assert.deepEqual(
        versions.map(({ number, state }) => [number, state]),
        [
          [2, "quarantined"],
          [1, "usable"],
        ],
      );
    });
  });

  it("says what is wrong with it: no project, no data, a mistake with its line", async () => {
    await withShop(async ({ folder, system, write, apply }) => {
      const empty = await temporaryFolder();
      assert.deepEqual(codeOf((await apply(empty)).body), "folder_without_project");
      assert.deepEqual(codeOf((await apply("relative/folder")).body), "folder_refused");
      await write("gyre.yaml", files["gyre.yaml"].replace("positive:", "positiv:"));
      const mistake = await apply();
      assert.equal(mistake.status, 400);
      assert.match(JSON.stringify(mistake.body), /"line":6/);
      await write("gyre.yaml", files["gyre.yaml"]);
      await rm(join(folder, "data/messages.csv"));
      const without = await apply();
      assert.ok(without.status >= 400 && without.status < 500, JSON.stringify(without.body));
      assert.match(JSON.stringify(without.body), /messages\.csv/);
      assert.deepEqual(await system.ledger.failures(), []);
    });
  });

  it("never reads outside the folder, however the source is written", async () => {
    await withShop(async ({ system, write, apply }) => {
      for (const path of ["../outside.csv", "/etc/passwd", "data/../../outside.csv"]) {
        await write("../outside.csv", "text,mood\nsecret,bad\n");
        await write("gyre.yaml", files["gyre.yaml"].replace("data/messages.csv", path));
        const { status } = await apply();
        assert.equal(status, 400, path);
      }
      assert.deepEqual(await system.objectives.listProjects(), []);
    });
  });
});
