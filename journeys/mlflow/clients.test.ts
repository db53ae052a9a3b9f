import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { playScenarios } from "./client.ts";
import { findEnvironment } from "./environments.ts";
import type { Locked } from "./environments.ts";
import { expectations } from "./expectations.ts";
import { startGyreServer } from "./server.ts";

/*
 * The newest client of each line that is still installed, as its package index gives it, against `gyre up`.
 * Each scenario is a Python file that knows nothing of Gyre and tells what it saw.
 */
const clients: readonly {
  readonly locked: Locked;
  readonly title: string;
  readonly scenarios: readonly string[];
}[] = [
  {
    locked: "mlflow-3",
    title: "the unmodified client MLflow 3",
    scenarios: ["fluent", "search", "learning", "machine", "registry", "serving", "traces"],
  },
  {
    locked: "mlflow-2",
    title: "the unmodified client MLflow 2",
    scenarios: ["fluent", "search", "learning", "machine", "registry", "serving"],
  },
];

for (const { locked, title, scenarios } of clients) {
  describe(title, () => {
    it("finds everything as it left it", { timeout: 1_200_000 }, async (test) => {
      const environment = await findEnvironment(locked);
      if (typeof environment === "string") return test.skip(environment);
      const server = await startGyreServer();
      const tales = await playScenarios({ ...environment, url: server.url, scenarios, timeoutMs: 900_000 });
      await server.stop();
      for (const name of scenarios) {
        await test.test(name, () => {
          const tale = tales.get(name);
          assert.equal(tale?.failed, undefined);
          assert.deepEqual(tale?.seen, expectations[name]);
        });
      }
    });
  });
}
