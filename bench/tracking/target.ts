import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A tracking server under measurement, a process of its own. */
export interface Target {
  readonly name: string;
  readonly port: number;
  /** How long it took from the command to the first answer. */
  readonly startMs: number;
  /** What its process had used of the processor by then: on a busy machine, look here. */
  readonly startProcessorMs: number;
  /** Of the process and all it has started, in MB; NaN where there is no /proc. */
  residentMb(): Promise<number>;
  /** Of the serving process alone. */
  serverMb(): Promise<number>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const launcher = resolve(import.meta.dirname, "..", "..", "gyre");

/** The whole of Gyre as a person starts it: gateway, jobs, ledger and all. */
export async function startGyre(options: {
  readonly folder: string;
  /** PostgreSQL; a file in the folder when absent. */
  readonly database?: string | undefined;
  readonly port?: number;
}): Promise<Target> {
  const port = options.port ?? (await freePort());
  const words = ["up", "--port", String(port), "--gateway-port", "0", "--log-level", "error"];
  const place = options.database === undefined ? {} : { GYRE_DATABASE_URL: options.database };
  // The server refuses settings it does not know.
  const variables = Object.entries(process.env).filter(([name]) => !name.startsWith("GYRE_"));
  return await startTarget("gyre", port, process.execPath, [launcher, ...words], {
    cwd: options.folder,
    env: { ...Object.fromEntries(variables), ...place },
  });
}

/** MLflow's own server; undefined where the program is not there. */
export async function startMlflow(options: {
  readonly program: string;
  readonly folder: string;
  readonly database?: string | undefined;
  readonly workers: number;
}): Promise<Target> {
  const port = await freePort();
  const { folder, workers } = options;
  // SQLAlchemy wants to be told the driver: its default changes with its version.
  const database =
    options.database?.replace(/^postgres:/, "postgresql+psycopg2:") ??
    `sqlite:///${join(folder, "mlflow.db")}`;
  const words = [
    "server",
    "--host=127.0.0.1",
    `--port=${port}`,
    `--workers=${workers}`,
    `--backend-store-uri=${database}`,
    `--artifacts-destination=${join(folder, "artifacts")}`,
  ];
  const name = `mlflow, ${workers} worker${workers === 1 ? "" : "s"}`;
  return await startTarget(name, port, options.program, words, { cwd: folder, env: process.env });
}

async function startTarget(
  name: string,
  port: number,
  program: string,
  words: readonly string[],
  place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Target> {
  const startedMs = performance.now();
  // In our own session: Linux shares the processor between sessions first, and on a busy machine a server
  // in one of its own adds a tick of 4 ms to every answer.
  const child = spawn(program, [...words], { ...place, stdio: "ignore" });
  const ended = new Promise<void>((resolveEnd, reject) => {
    child.once("exit", () => resolveEnd());
    child.once("error", reject);
  });
  ended.catch(() => {});
  try {
    await firstAnswer(`http://127.0.0.1:${port}/health`, child);
  } catch (error) {
    for (const pid of await processesBelow(child.pid)) end(pid, "SIGKILL");
    throw error;
  }
  return {
    name,
    port,
    startMs: performance.now() - startedMs,
    startProcessorMs: await processorMsOf(child.pid),
    residentMb: async () => sum(await Promise.all((await processesBelow(child.pid)).map(residentMbOf))),
    serverMb: () => residentMbOf(child.pid),
    async stop(signal = "SIGTERM") {
      // MLflow's workers and runners outlive their parent when nobody ends them.
      const family = await processesBelow(child.pid);
      child.kill(signal);
      const force = setTimeout(() => family.forEach((pid) => end(pid, "SIGKILL")), 15_000);
      await ended;
      clearTimeout(force);
      for (const pid of family) end(pid, "SIGTERM");
    },
  };
}

async function firstAnswer(url: string, child: ChildProcess): Promise<void> {
  const startedMs = performance.now();
  const untilMs = startedMs + 300_000;
  while (performance.now() < untilMs && child.exitCode === null) {
    const isAnswered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isAnswered) return;
    // Asking all the time would slow down a start that takes long.
    await sleep(performance.now() - startedMs < 2_000 ? 5 : 200);
  }
  throw new Error(`${url} did not answer`);
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended: that is what was wanted.
  }
}

async function processesBelow(pid: number | undefined): Promise<number[]> {
  if (pid === undefined) return [];
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const below = await Promise.all(
    children
      .split(" ")
      .filter((text) => text !== "")
      .map((text) => processesBelow(Number(text))),
  );
  return [pid, ...below.flat()];
}

/** Fields 14 and 15 of `stat`, in ticks of 10 ms. */
async function processorMsOf(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function residentMbOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port was given"));
        else resolvePort(address.port);
      });
    });
  });
}
