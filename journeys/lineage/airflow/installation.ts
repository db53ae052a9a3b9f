import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { promisify } from "node:util";

import type { Environment } from "#compute";
import { temporaryFolder } from "#kernel/testing";

const run = promisify(execFile);

export interface Airflow {
  /** Begins a run of a DAG that has no schedule. */
  trigger(dag: string): Promise<void>;
  /** What its processes have written so far. */
  log(): string;
}

/**
 * Airflow as a team has it, on loopback, over a folder of DAGs: the scheduler with its local executor, the
 * processor of DAGs, and the server that tasks talk to. Ended after the test.
 */
export async function startAirflow(
  environment: Environment,
  dags: string,
  variables: Readonly<Record<string, string>>,
): Promise<Airflow> {
  const home = await temporaryFolder();
  const port = await freePort();
  const env = {
    HOME: home,
    PATH: `${dirname(environment.interpreter)}:${process.env["PATH"] ?? ""}`,
    NO_PROXY: "*",
    AIRFLOW_HOME: home,
    AIRFLOW__API__BASE_URL: `http://127.0.0.1:${port}`,
    AIRFLOW__API_AUTH__JWT_SECRET: randomBytes(64).toString("hex"),
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "false",
    AIRFLOW__CORE__DAGS_FOLDER: dags,
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${port}/execution/`,
    AIRFLOW__CORE__EXECUTOR: "LocalExecutor",
    AIRFLOW__CORE__LOAD_EXAMPLES: "false",
    AIRFLOW__CORE__PARALLELISM: "2",
    // The first answer of its server takes seconds; a task that gives up before fails for that alone.
    AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT: "120",
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: "false",
    ...variables,
  };
  const airflow = ["-m", "airflow"];
  await run(environment.interpreter, [...airflow, "db", "migrate"], { env, timeout: 300_000 });
  const logs = [
    ["api-server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"],
    ["dag-processor"],
    ["scheduler", "--skip-serve-logs"],
  ].map((words) => {
    const file = join(home, `${words[0]}.log`);
    const output = openSync(file, "w");
    const child = spawn(environment.interpreter, [...airflow, ...words], {
      env,
      cwd: home,
      stdio: ["ignore", output, output],
      detached: true,
    });
    after(() => endGroup(child.pid));
    return file;
  });
  return {
    async trigger(dag) {
      await run(environment.interpreter, [...airflow, "dags", "trigger", dag], { env, timeout: 120_000 });
    },
    log: () => logs.map((file) => readFileSync(file, "utf8")).join("\n"),
  };
}

/** Each has children of its own, which would outlive it. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It had ended by itself.
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
