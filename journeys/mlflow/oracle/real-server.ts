import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Environment } from "#compute";

export interface RealServer {
  readonly url: string;
  /** Its SQLite file, unless it was given another database. */
  readonly database: string;
  /** The folder of its artifacts. */
  readonly files: string;
  stop(): Promise<void>;
}

const startMs = 240_000;

/** MLflow's own server, empty, with its database and files in a folder of their own, or on the database named. */
export async function startRealServer(
  { interpreter, binFolder }: Environment,
  database?: string,
): Promise<RealServer> {
  const folder = await mkdtemp(join(tmpdir(), "gyre-oracle-"));
  const port = await freePort();
  const [file, files] = [join(folder, "mlflow.db"), join(folder, "files")];
  const places = ["--backend-store-uri", database ?? `sqlite:///${file}`, "--artifacts-destination", files];
  const child = spawn(
    interpreter,
    ["-m", "mlflow", "server", ...places, "--port", String(port), "--workers", "1"],
    {
      cwd: folder,
      env: {
        HOME: folder,
        PATH: `${binFolder}:${process.env["PATH"] ?? ""}`,
        MLFLOW_DISABLE_TELEMETRY: "true",
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
      },
      stdio: ["ignore", "ignore", "pipe"],
      // With its workers in a group of its own, to be ended together.
      detached: true,
    },
  );
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const url = `http://127.0.0.1:${port}`;
  const end = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("close", resolve));
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, "SIGKILL");
      await ended;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const deadline = Date.now() + startMs; ; await sleep(200)) {
    if (await answers(url)) return { url, database: file, files, stop: end };
    if (child.exitCode === null && Date.now() < deadline) continue;
    await end();
    throw new Error(`MLflow's own server did not start:\n${said}`);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
