import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { createServer as createPortProbe } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

// Tracking over HTTP, ours beside MLflow's own server: `node bench/tracking.ts [path of mlflow]`. The
// same requests go to both, one after the other (eight at once in the line that says so); each server
// is a process of its own with SQLite in an empty folder. Without an `mlflow` program, ours alone.
//
// The servers share our session on purpose: Linux shares the processor between sessions first, and on a
// busy machine one of its own adds a tick of 4 ms to every answer.
//
// On 2 cores (Node 26, MLflow 3.17, one worker), while other programs kept the load between 3 and 8, four
// runs differed by as much as a factor of four, and so did their ratios:
//
//   create a run, log-metric, log-batch of 10          1 to 7 times as fast
//   log-metric by 8 writers                            2 to 5 times
//   log-batch of 1000 metrics                          4 to 9 times
//   search 1000 runs, get-history of 2400 points       7 to 27 times
//
// Ours alone at a quieter moment: log-metric 0.9 ms, 2141 a second by 8 writers; log-batch of 1000 7.7 ms;
// search 2.9 ms for a page of 100 and 27 ms for all 1000; history 4.3 ms. Measure on an idle machine
// before quoting any of it.
//
// Figures are medians in milliseconds. Loopback, so the network is left out and the whole of HTTP is in.

interface Target {
  readonly name: string;
  readonly url: string;
  readonly child: ChildProcess;
}

const folder = await mkdtemp(join(tmpdir(), "gyre-bench-"));
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const figures = new Map<string, number[]>();
const names: string[] = [];
try {
  // One at a time: a second server, even an idle one, would take part of the two cores.
  for (const start of [startOurs, startMlflow]) {
    const target = await start();
    if (target === undefined) {
      console.log("No mlflow program was found: pass its path to compare with it.");
      continue;
    }
    names.push(target.name);
    try {
      await measure(target);
    } finally {
      await stop(target);
    }
  }
  print();
} finally {
  agent.destroy();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function measure(target: Target): Promise<void> {
  const call = (path: string, body?: object): Promise<unknown> =>
    send(`${target.url}/api/2.0/mlflow/${path}`, body);
  const { experiment_id: experiment } = await fieldsOf(call("experiments/create", { name: "bench" }));
  const createRun = async (): Promise<string> => {
    const answer = await call("runs/create", { experiment_id: experiment, start_time: Date.now() });
    const id = /"run_id":\s*"(\w+)"/.exec(JSON.stringify(answer))?.[1];
    if (id === undefined) throw new Error(`${target.name} made no run`);
    return id;
  };
  const run = await createRun();
  const points = (count: number, from: number): object[] =>
    Array.from({ length: count }, (_, index) => ({
      key: `series ${index % 10}`,
      value: Math.sin(from + index),
      timestamp: 1_000 + index,
      step: from + index,
    }));

  await time(target, "create a run", 100, () => createRun());
  await time(target, "log-metric", 300, (index) =>
    call("runs/log-metric", { run_id: run, key: "loss", value: index / 7, timestamp: 1_000, step: index }),
  );
  await time(target, "log-batch, 10 metrics", 100, (index) =>
    call("runs/log-batch", { run_id: run, metrics: points(10, index * 10) }),
  );
  await time(target, "log-batch, 1000 metrics", 24, (index) =>
    call("runs/log-batch", { run_id: run, metrics: points(1_000, 10_000 + index * 1_000) }),
  );
  await perSecond(target, "log-metric by 8 writers, per second", 8, 100, createRun, (id, index) =>
    call("runs/log-metric", { run_id: id, key: "loss", value: index, timestamp: 1_000, step: index }),
  );
  for (let index = 0; index < 1_000; index++) {
    await call("runs/log-batch", {
      run_id: await createRun(),
      metrics: [
        { key: "auc", value: ((index * 7_919) % 1_000) / 1_000, timestamp: 1, step: 0 },
        ...[1, 2, 3, 4].map((at) => ({ key: `m${at}`, value: at, timestamp: 1, step: 0 })),
      ],
      params: [1, 2, 3, 4, 5].map((at) => ({ key: `p${at}`, value: String(index % 10) })),
    });
  }
  const search = { experiment_ids: [experiment], order_by: ["metrics.auc DESC"] };
  await time(target, "search 1000 runs, filter and order, page of 100", 20, () =>
    call("runs/search", { ...search, filter: "metrics.auc > 0.2 and params.p1 = '3'", max_results: 100 }),
  );
  await time(target, "search 1000 runs, all in one page", 5, () =>
    call("runs/search", { ...search, max_results: 1_000 }),
  );
  await time(target, "get-history, 2400 points", 20, () =>
    call(`metrics/get-history?run_id=${run}&metric_key=series%201&max_results=25000`),
  );
}

async function time(
  target: Target,
  what: string,
  times: number,
  act: (index: number) => Promise<unknown>,
): Promise<void> {
  const tookMs: number[] = [];
  for (let index = 0; index < times; index++) {
    const startedMs = performance.now();
    await act(index);
    tookMs.push(performance.now() - startedMs);
  }
  note(target, what, tookMs.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? 0);
}

async function perSecond(
  target: Target,
  what: string,
  writers: number,
  each: number,
  prepare: () => Promise<string>,
  act: (prepared: string, index: number) => Promise<unknown>,
): Promise<void> {
  const prepared = await Promise.all(Array.from({ length: writers }, () => prepare()));
  const startedMs = performance.now();
  await Promise.all(
    prepared.map(async (one) => {
      for (let index = 0; index < each; index++) await act(one, index);
    }),
  );
  note(target, what, (writers * each) / ((performance.now() - startedMs) / 1_000));
}

function note(target: Target, what: string, value: number): void {
  figures.set(what, [...(figures.get(what) ?? []), value]);
  console.error(`${target.name}: ${what}: ${value.toFixed(2)}`);
}

function print(): void {
  console.log([" ".repeat(50), ...names.map((name) => name.padStart(10)), "ratio".padStart(8)].join(""));
  for (const [what, [ours = 0, theirs]] of figures) {
    const isRate = what.endsWith("per second");
    const cells = [ours, theirs].flatMap((value) =>
      value === undefined ? [] : [value.toFixed(isRate ? 0 : 2).padStart(10)],
    );
    const ratio =
      theirs === undefined ? "" : `${(isRate ? ours / theirs : theirs / ours).toFixed(1)}x`.padStart(8);
    console.log([what.padEnd(50), ...cells, ratio].join(""));
  }
}

async function startOurs(): Promise<Target> {
  const server = fileURLToPath(new URL("tracking-server.ts", import.meta.url));
  const port = await freePort();
  const child = spawn(process.execPath, [server, join(folder, "gyre"), String(port)], {
    stdio: "ignore",
  });
  return await ready({ name: "gyre", url: `http://127.0.0.1:${port}`, child });
}

async function startMlflow(): Promise<Target | undefined> {
  const port = await freePort();
  const child = spawn(
    process.argv[2] ?? "mlflow",
    [
      "server",
      "--host=127.0.0.1",
      `--port=${port}`,
      "--workers=1",
      `--backend-store-uri=sqlite:///${join(folder, "mlflow.db")}`,
      `--artifacts-destination=${join(folder, "mlflow-artifacts")}`,
    ],
    { stdio: "ignore", cwd: folder },
  );
  const isThere = await new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true));
    child.once("error", () => resolve(false));
  });
  return isThere ? await ready({ name: "mlflow", url: `http://127.0.0.1:${port}`, child }) : undefined;
}

async function ready(target: Target): Promise<Target> {
  for (let tries = 0; tries < 600; tries++) {
    const isUp = await fetch(`${target.url}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp) return target;
    await wait(100);
  }
  throw new Error(`${target.name} did not start`);
}

async function stop({ child }: Target): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

async function freePort(): Promise<number> {
  const probe = createPortProbe();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function send(url: string, body: object | undefined): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const outgoing = request(
      url,
      {
        agent,
        method: sent === undefined ? "GET" : "POST",
        headers:
          sent === undefined ? {} : { "content-type": "application/json", "content-length": sent.length },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (answer.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${url} answered ${answer.statusCode}: ${text.slice(0, 300)}`));
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(sent);
  });
}

async function fieldsOf(answer: Promise<unknown>): Promise<Record<string, string>> {
  const value = await answer;
  if (typeof value !== "object" || value === null) throw new Error("the answer is no object");
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, String(field)]));
}
