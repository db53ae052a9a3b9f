import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { playScenarios } from "./client.ts";
import { startGyreServer } from "./server.ts";

/*
 * PyTorch for Linux comes from the package index with gigabytes of libraries for graphics cards, so the suite does
 * not install it: whoever has a Python with mlflow, torch and pytorch-lightning names it.
 */
const variable = "GYRE_TEST_TORCH_PYTHON";

describe("the unmodified client of MLflow, with PyTorch", () => {
  it("logs by itself how a network learns, and loads it again", { timeout: 600_000 }, async (test) => {
    const interpreter = process.env[variable];
    if (interpreter === undefined || interpreter === "")
      return test.skip(`${variable} names no Python with mlflow, torch and pytorch-lightning`);
    const server = await startGyreServer();
    const scenarios = ["network"];
    const tales = await playScenarios({ interpreter, url: server.url, scenarios, timeoutMs: 500_000 });
    await server.stop();
    const tale = tales.get("network");
    assert.equal(tale?.failed, undefined);
    assert.deepEqual(tale?.seen, {
      params: { epochs: "6", optimizer_name: "Adam", lr: "0.05" },
      epochs: [0, 1, 2, 3, 4, 5],
      falls: true,
      summary: true,
      predicts: true,
    });
  });
});
