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
  it("keeps its prompts in the registry, apart from the models", { timeout: 600_000 }, async (test) => {
    const environment = await findEnvironment();
    if (typeof environment === "string") return test.skip(environment);
    const kernel = await createTestKernel({ migrations: testMigrations });
    const { server } = createTestServer(kernel, { withRegistry: true });
    const { url } = await server.listen();
    try {
      const script = join(import.meta.dirname, "prompts-client.test.py");
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
        versions: [1, 2],
        text: "Dear Ada",
        chat: [{ role: "user", content: "Answer why kindly." }],
        alias: 1,
        moved: 2,
        gone: "INVALID_PARAMETER_VALUE",
        tags: { team: "care", tier: "1" },
        checked: "yes",
        prompts: ["greeting"],
        named: [],
        models: ["spam"],
        not_prompts: ["spam"],
        model_versions: 0,
        of_prompt: 2,
        taken: "INVALID_PARAMETER_VALUE",
        file: "INVALID_PARAMETER_VALUE",
        left: [],
      });
    } finally {
      await server.close();
    }
  });
});
