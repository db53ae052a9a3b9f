import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";

import { z } from "zod";

import { listSegments } from "#kernel/append-log";
import { temporaryFolder } from "#kernel/testing";

import { product, productPath, releaseBaseline, writeProduct } from "./product.ts";
import { startServerProcess, waitFor } from "./server.ts";

const connections = 16;
const answerSchema = z.object({ parameters: z.object({ prediction_id: z.string() }) });

it(
  "every prediction that was answered is in the log after kill -9 of the gateway under load",
  { timeout: 180_000 },
  async (t) => {
    const folder = await temporaryFolder();
    writeProduct(folder);
    const server = await startServerProcess(t, folder);
    await releaseBaseline(server, folder);

    const answered: string[] = [];
    let isOver = false;
    const load = Array.from({ length: connections }, async () => {
      while (!isOver) {
        const id = await predict(server.gatewayUrl).catch(() => undefined);
        if (id === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
        else answered.push(id);
      }
    });
    const answeredMore = (count: number): Promise<number> => {
      const target = answered.length + count;
      return waitFor(
        `${count} more answers`,
        async () => answered.length,
        (now) => now >= target,
      );
    };
    try {
      for (let kills = 0; kills < 3; kills++) {
        await answeredMore(200);
        const gateway = server.childRunning("src/gateway/main.ts");
        assert.ok(gateway !== undefined, "the gateway runs");
        process.kill(gateway, "SIGKILL");
      }
      await answeredMore(200);
    } finally {
      isOver = true;
      await Promise.all(load);
    }

    const logged = new Set(await loggedIds(join(folder, ".gyre", "gateway", "predictions")));
    assert.deepEqual(
      answered.filter((id) => !logged.has(id)),
      [],
    );
    // What the log holds is also what the control plane finds.
    const traced = await server.get(`${productPath}/predictions/${answered[0]}/trace`, z.unknown());
    assert.match(JSON.stringify(traced), new RegExp(`"${answered[0]}"`));
    await server.stop();
  },
);

it(
  "the gateway goes on answering when the control plane is killed, and a new one takes it over",
  { timeout: 120_000 },
  async (t) => {
    const folder = await temporaryFolder();
    writeProduct(folder);
    const first = await startServerProcess(t, folder);
    await releaseBaseline(first, folder);
    // Live in the books first, answered by the gateway a moment later.
    const before = await waitFor("the first answer", () => predict(first.gatewayUrl), isThere);
    await first.kill();
    const alone = await predict(first.gatewayUrl);

    const second = await startServerProcess(t, folder);
    const after = await waitFor("an answer after the take-over", () => predict(second.gatewayUrl), isThere);
    const logged = new Set(await loggedIds(join(folder, ".gyre", "gateway", "predictions")));
    assert.deepEqual(
      [before, alone, after].filter((id) => !logged.has(id)),
      [],
    );
    await second.stop();
  },
);

const isThere = (): boolean => true;

async function predict(gatewayUrl: string): Promise<string> {
  const input = (name: string, value: string) => ({ name, datatype: "BYTES", shape: [1], data: [value] });
  const inputs = [input("text", "my flight is late again"), input("airline", "Sunlark")];
  const response = await fetch(`${gatewayUrl}/v2/models/${product}/infer`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ inputs }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return answerSchema.parse(await response.json()).parameters.prediction_id;
}

async function loggedIds(folder: string): Promise<readonly string[]> {
  const segments = await listSegments(folder);
  // The last line may be cut: nobody was told that it is there.
  const lines = segments.flatMap(({ path }) => readFileSync(path, "utf8").split("\n").slice(0, -1));
  const recordSchema = z.object({ prediction_id: z.string() });
  return lines.map((line) => recordSchema.parse(JSON.parse(line)).prediction_id);
}
