import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { playScenarios } from "../client.ts";
import { findEnvironment } from "../environments.ts";
import { startGyreServer } from "../server.ts";
import { openProxy } from "./proxy.ts";
import { startRealServer } from "./real-server.ts";
import { askGenerated, describeTold } from "./run.ts";
import { createTwin } from "./twin.ts";
import type { Told } from "./twin.ts";

/*
 * MLflow's own server stands beside ours and hears the same questions; `allowed.ts` holds the reasons for
 * which an answer may differ. For longer runs, and for other seeds: `node journeys/mlflow/oracle/run.ts`.
 */
const requests = 400;
const seed = 7;

describe("beside MLflow's own server", () => {
  it("ours answers the same", { timeout: 1_000_000 }, async (test) => {
    const environment = await findEnvironment("mlflow-3");
    if (typeof environment === "string") return test.skip(environment);
    const theirs = await startRealServer(environment);
    try {
      await test.test(
        `to ${requests} questions about runs and models, made from the grammar of search and its endpoints`,
        async () => {
          const ours = await startGyreServer();
          const twin = createTwin(ours.url, theirs.url);
          const different = await askGenerated(twin, { seed, requests, about: "tracking" });
          assert.equal(different.map(describeTold).join("\n"), "");
          await ours.stop();
        },
      );
    } finally {
      await theirs.stop();
    }
    const again = await startRealServer(environment);
    try {
      await test.test(
        `to ${requests} questions about traces and prompts, and all that the client asks`,
        async () => {
          const ours = await startGyreServer();
          const twin = createTwin(ours.url, again.url);
          // Both servers are empty, and what is asked here the client does not look at later.
          const different: Told[] = [...(await askGenerated(twin, { seed, requests, about: "traces" }))];
          let heard = 0;
          const proxy = await openProxy(twin, (told) => {
            heard += 1;
            if (told.differences.length > 0) different.push(told);
          });
          const scenarios = ["fluent", "search", "registry", "traces"];
          const tales = await playScenarios({
            ...environment,
            url: proxy.url,
            scenarios,
            timeoutMs: 600_000,
          });
          await proxy.close();
          assert.deepEqual(
            scenarios.map((name) => tales.get(name)?.failed),
            [undefined, undefined, undefined, undefined],
          );
          assert.equal(different.map(describeTold).join("\n"), "");
          assert.ok(heard > 200, `the proxy heard only ${heard} questions`);
          await ours.stop();
        },
      );
    } finally {
      await again.stop();
    }
  });
});
