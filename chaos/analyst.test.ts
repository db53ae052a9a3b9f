import assert from "node:assert/strict";
import { it } from "node:test";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

import { productPath, writeProduct } from "./product.ts";
import { startServerProcess, waitFor } from "./server.ts";

const previewSchema = z.object({ rows: z.array(z.unknown()) });

it(
  "a question about data is answered although the analyst is killed in the middle of it",
  { timeout: 120_000 },
  async (t) => {
    const folder = await temporaryFolder();
    writeProduct(folder);
    const server = await startServerProcess(t, folder);
    await server.post("/api/v1/apply", { folder }, z.unknown());
    const ask = () =>
      server.get(`${productPath}/datasets/messages/versions/1/preview?limit=50`, previewSchema);
    const analyst = () => server.childRunning("analyst-process");
    const [expected] = [await ask()];

    for (let kills = 0; kills < 5; kills++) {
      await ask();
      const victim = await waitFor(
        "the analyst",
        async () => analyst(),
        (pid) => pid !== undefined,
      );
      const questions = Array.from({ length: 8 }, ask);
      if (victim !== undefined) process.kill(victim, "SIGKILL");
      assert.deepEqual(
        await Promise.all(questions),
        Array.from({ length: 8 }, () => expected),
      );
    }
    await server.stop();
  },
);
