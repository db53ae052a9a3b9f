import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";

import { createTestKernel } from "#kernel/testing";

import { findEnvironment } from "./test-environment.ts";
import { createTestServer, testMigrations } from "./test-server.ts";

const run = promisify(execFile);

describe("the unmodified MLflow client", () => {
  it("tracks a training, finds it again and loads its model", { timeout: 600_000 }, async (test) => {
    const environment = await findEnvironment();
    if (typeof environment === "string") return test.skip(environment);
    const kernel = await createTestKernel({ migrations: testMigrations, startMs: Date.UTC(2027, 0, 1) });
    const { server, tracking } = createTestServer(kernel, {
      withRegistry: true,
    });
    const { url } = await server.listen();
    try {
      const script = join(import.meta.dirname, "client.test.py");
      const { stdout } = await run(environment.interpreter, [script, url], {
        env: {
          HOME: kernel.folder,
          PATH: process.env["PATH"] ?? "",
          MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
          GIT_PYTHON_REFRESH: "quiet",
        },
        timeout: 300_000,
      });
      const seen: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
      assert.deepEqual(seen, {
        run: ["FINISHED", "fit", "1", "500"],
        odd: "nan",
        trained: true,
        inputs: ["train"],
        artifacts: ["notes/note ü.txt"],
        downloaded: "hello",
        found: true,
        history: true,
        logged: [["model", "READY", true]],
        predicts: true,
        registered: ["1", "READY", ["champion"], true],
        versions: ["1"],
        deleted: "deleted",
        refused: ["INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS"],
      });
      const kept = await tracking.searchRuns({ project: "care", limit: 10 });
      assert.deepEqual(
        kept.items.map((one) => [one.name, one.project, one.status]),
        [
          ["parent", "care", "finished"],
          ["fit", "care", "finished"],
        ],
      );
    } finally {
      await server.close();
    }
  });
});
