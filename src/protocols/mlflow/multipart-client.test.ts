import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";

import { z } from "zod";

import { createDiskBlobs } from "#kernel/blobs";
import { createTestKernel } from "#kernel/testing";

import { findEnvironment } from "./test-environment.ts";
import { createTestServer, testMigrations } from "./test-server.ts";

const run = promisify(execFile);
const answerSchema = z.object({
  run: z.string(),
  listed: z.array(z.tuple([z.string(), z.number()])),
  same: z.boolean(),
});

describe("the unmodified MLflow client, told to send and fetch in parts", () => {
  it("sends a file in parts and fetches it in ranges", { timeout: 600_000 }, async (test) => {
    const environment = await findEnvironment();
    if (typeof environment === "string") return test.skip(environment);
    const kernel = await createTestKernel({ migrations: testMigrations, startMs: Date.UTC(2027, 0, 1) });
    const folder = join(kernel.folder, "bytes");
    const { server, tracking } = createTestServer({ ...kernel, blobs: createDiskBlobs({ folder }) });
    const { url } = await server.listen();
    try {
      const script = join(import.meta.dirname, "multipart-client.test.py");
      const env = {
        HOME: kernel.folder,
        PATH: process.env["PATH"] ?? "",
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
        GIT_PYTHON_REFRESH: "quiet",
      };
      const { stdout } = await run(environment.interpreter, [script, url], { env, timeout: 300_000 });
      const seen = answerSchema.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
      assert.deepEqual(
        { listed: seen.listed, same: seen.same },
        { listed: [["model/weights.bin", 22_400_000]], same: true },
      );
      const kept = await tracking.artifactTree(seen.run);
      assert.deepEqual(
        kept.map(({ path, sizeBytes }) => [path, sizeBytes]),
        [["model/weights.bin", 22_400_000]],
      );
      assert.deepEqual(await readdir(join(folder, "parts")), []);
    } finally {
      await server.close();
    }
  });
});
