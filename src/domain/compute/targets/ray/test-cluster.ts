import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

import { createCompute } from "../../index.ts";
import type { Environment } from "../../index.ts";
import { freePorts } from "../conformance/free-ports.ts";

/** A real Ray of one machine, on the loopback address. */
export interface RayCluster {
  readonly url: string;
  stop(): Promise<void>;
}

const requirementsText = "ray[default]==2.60.0\n";

/** Ray from its package, built once for each machine; a text says why this machine cannot have it. */
export async function findRay(): Promise<Environment | string> {
  try {
    return await createCompute({ clock: systemClock }).ensureEnvironment({
      requirementsText,
      pythonVersion: ">=3.10",
    });
  } catch (error) {
    if (error instanceof Problem) return `no Ray here: ${error.message.split("\n", 1)[0]}`;
    throw error;
  }
}

export async function startRay(environment: Environment, cpus: number): Promise<RayCluster> {
  const [port = 0, dashboard = 0, agent = 0, grpc = 0, client = 0] = await freePorts(5);
  // Ray puts sockets below it, whose paths must be short.
  const folder = await mkdtemp("/tmp/ray-");
  const child = spawn(
    join(environment.binFolder, "ray"),
    [
      "start",
      "--head",
      "--block",
      "--node-ip-address=127.0.0.1",
      `--port=${port}`,
      "--include-dashboard=true",
      "--dashboard-host=127.0.0.1",
      `--dashboard-port=${dashboard}`,
      `--dashboard-agent-listen-port=${agent}`,
      `--dashboard-agent-grpc-port=${grpc}`,
      `--ray-client-server-port=${client}`,
      `--num-cpus=${cpus}`,
      "--num-gpus=0",
      `--memory=${4_000_000_000}`,
      `--object-store-memory=${100_000_000}`,
      "--disable-usage-stats",
      `--temp-dir=${folder}`,
    ],
    {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        HOME: folder,
        LANG: "C.UTF-8",
        PATH: `${environment.binFolder}${delimiter}${process.env["PATH"] ?? ""}`,
        RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO: "0",
        RAY_AUTH_MODE: "disabled",
      },
    },
  );
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const url = `http://127.0.0.1:${dashboard}`;
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined) {
      process.kill(-child.pid, "SIGTERM");
      for (
        let waited = 0;
        waited < 10_000 && child.exitCode === null && child.signalCode === null;
        waited += 100
      )
        await sleep(100);
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It ended in its time.
      }
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await answering(`${url}/api/v0/nodes`, () => {
      if (child.exitCode !== null)
        throw new Error(`ray ended with ${child.exitCode}: ${printed.slice(-2_000)}`);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function answering(url: string, check: () => void): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    check();
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    if (response?.ok === true && (await response.text()).includes("ALIVE")) return;
    await sleep(300);
  }
  throw new Error(`${url} did not answer`);
}
