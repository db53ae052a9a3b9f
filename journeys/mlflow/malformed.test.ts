import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";

import { findEnvironment } from "./environments.ts";
import { startGyreServer } from "./server.ts";

const run = promisify(execFile);
const seed = "20270101";

/*
 * Schemathesis reads the description of the API and asks what it describes, in every wrong way it can
 * think of. Whatever is asked, the server must not fail. Left out are routes that have the server do work
 * for minutes, and its streams, which never end.
 */
const parts = [
  { title: "MLflow's calls", include: "^/api/[23]\\.0/" },
  { title: "our own API", include: "^/api/v1/" },
] as const;

describe("malformed requests", () => {
  for (const { title, include } of parts) {
    it(`of ${title} are refused and never make the server fail`, { timeout: 900_000 }, async (test) => {
      const environment = await findEnvironment("schemathesis");
      if (typeof environment === "string") return test.skip(environment);
      const server = await startGyreServer();
      const home = await mkdtemp(join(tmpdir(), "gyre-schemathesis-"));
      test.after(async () => await rm(home, { recursive: true, force: true, maxRetries: 3 }));
      const words = [
        "run",
        `${server.url}/api/v1/openapi.json`,
        "--checks",
        "not_a_server_error",
        "--include-path-regex",
        include,
        "--exclude-path-regex",
        "/events$|/stream$",
        "--phases",
        "coverage,fuzzing",
        "--max-examples",
        "4",
        "--seed",
        seed,
        "--max-time",
        "40",
        "--request-timeout",
        "30",
        "--continue-on-failure",
        "--suppress-health-check",
        "all",
        "--generation-database",
        ":memory:",
        "--warnings",
        "off",
      ];
      try {
        const { stdout } = await run(join(environment.binFolder, "st"), words, {
          cwd: home,
          env: {
            HOME: home,
            PATH: `${dirname(environment.interpreter)}:${process.env["PATH"] ?? ""}`,
            NO_COLOR: "1",
          },
          maxBuffer: 64 * 1_024 * 1_024,
          timeout: 600_000,
        });
        const [, generated = "0"] = /(\d+) generated/.exec(stdout) ?? [];
        assert.ok(Number(generated) > 200, `only ${generated} requests were made:\n${stdout.slice(-2_000)}`);
      } catch (error) {
        const said = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
        throw new Error(`Schemathesis found failures:\n${said.slice(-12_000)}`, { cause: error });
      } finally {
        await server.stop();
      }
    });
  }
});
