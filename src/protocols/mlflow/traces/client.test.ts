import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";

import { createCompute } from "#compute";
import type { Environment } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { createTestKernel } from "#kernel/testing";

import { createTestServer, testMigrations } from "../test-server.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..", "..", "..");

/** The environment of the blueprint, which the demo builds too; a text says why there is none here. */
async function findEnvironment(): Promise<Environment | string> {
  const requirementsText = await readFile(
    join(root, "blueprints/text-classification/requirements.lock"),
    "utf8",
  );
  try {
    return await createCompute({ clock: systemClock }).ensureEnvironment({
      requirementsText,
      pythonVersion: ">=3.10",
    });
  } catch (error) {
    if (error instanceof Problem) return `no Python environment: ${error.message.split("\n", 1)[0]}`;
    throw error;
  }
}

describe("the unmodified MLflow client", () => {
  it("traces an application, judges it and keeps what to judge by", { timeout: 600_000 }, async (test) => {
    const environment = await findEnvironment();
    if (typeof environment === "string") return test.skip(environment);
    const kernel = await createTestKernel({ migrations: testMigrations, startMs: Date.UTC(2027, 0, 1) });
    const { server, traces, tracking } = createTestServer(kernel);
    const { url } = await server.listen();
    try {
      const script = join(import.meta.dirname, "client.test.py");
      const { stdout } = await run(environment.interpreter, [script, url], {
        env: {
          HOME: kernel.folder,
          PATH: process.env["PATH"] ?? "",
          USER: "ada",
          LOGNAME: "ada",
          MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
          GIT_PYTHON_REFRESH: "quiet",
        },
        timeout: 300_000,
      });
      const seen: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
      assert.deepEqual(seen, {
        trace: ["OK", '{"question": "where is my bag?"}', '"1 found"'],
        spans: [
          ["answer", "CHAIN", "OK"],
          ["retrieve", "RETRIEVER", "OK"],
          ["generate", "LLM", "OK"],
        ],
        types: [
          [{ page_content: "policy", score: 3, rank: 1 }],
          { model: "small-7b", temperature: 0.2, tries: 2, flags: [true, null] },
        ],
        exact: true,
        tokens: { input_tokens: 7, output_tokens: 3, total_tokens: 10 },
        failed: ["ERROR", ["exception", "exception"]],
        assessed: ["correct", true, "it was there", "ada", { places: ["Oslo", 1, 2.5] }],
        overridden: [
          [0.5, false],
          ["partly", true],
        ],
        found: {
          "": ["second", "first"],
          "trace.status = 'ERROR'": ["second"],
          "name = 'answer' and tags.topic = 'bags'": ["second", "first"],
          "tags.kept = 'yes' and tags.gone is null": ["first"],
          "metadata.mlflow.trace.session = 's1'": ["second", "first"],
          "span.attributes.model rlike '^small' and span.status = 'ERROR'": ["second"],
          "span.type = 'RETRIEVER'": ["second", "first"],
          "feedback.correct = 'partly'": ["first"],
          "expectation.expected is not null": [],
          "trace.text like '%where is my bag%'": ["first"],
        },
        "of the run": ["second", "first"],
        ordered: ["first", "second"],
        page: 1,
        "by hand": { y: 2 },
        dataset: [
          "qa",
          { team: "care", "mlflow.user": "ada" },
          ["str", "int"],
          { answer: "z", score: 1 },
          ["HUMAN", "HUMAN", "TRACE"],
          true,
        ],
        datasets: ["qa"],
        deleted: [0, 1],
        refused: ["INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_DOES_NOT_EXIST"],
      });
      const [experiment] = await tracking.listExperiments("care");
      const kept = await traces.searchTraces({
        experimentIds: [experiment?.id ?? ""],
        filter: "name = 'by hand'",
        limit: 10,
      });
      assert.deepEqual(
        kept.items.map((info) => [info.project, info.state]),
        [["care", "OK"]],
      );
    } finally {
      await server.close();
    }
  });
});
