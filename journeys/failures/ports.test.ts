import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { gyre, isWellTold } from "./gyre.ts";
import { writeProject } from "./project.ts";

describe("a port that is taken", async () => {
  const folder = await temporaryFolder();
  writeProject(folder);
  const port = String(await holdPort());

  const cases = [
    {
      words: ["up", "--gateway-port", "0", "--port", port],
      says: `Another program already listens on 127.0.0.1:${port}.`,
    },
    {
      words: ["up", "--port", "0", "--gateway-port", port],
      says: `Port ${port} for the gateway is taken by another program.`,
    },
    {
      words: ["demo", "--once", "--port", port],
      says: `Another program already listens on 127.0.0.1:${port}.`,
    },
  ];
  for (const { words, says } of cases) {
    it(`ends gyre ${words.slice(0, -1).join(" ")} in one message with the next step`, async () => {
      const ended = await gyre(words, { folder });
      assert.equal(ended.code, 1);
      assert.ok(ended.stderr.includes(says), ended.stderr);
      assert.match(ended.stderr, /^next: .*port/m);
      assert.equal(isWellTold(ended), null);
    });
  }
});

function holdPort(): Promise<number> {
  return new Promise((resolve) => {
    const holder = createServer();
    after(() => holder.close());
    holder.listen(0, "127.0.0.1", () => {
      const address: AddressInfo | string | null = holder.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
