import { spawn } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import type { Figure, Measurement } from "./figures.ts";

const launcher = resolve(import.meta.dirname, "..", "gyre");
const starts = 5;
const idleMs = 5_000;
const serverFileSchema = z.object({ pid: z.number() });

/**
 * From the typed command to the first answered request, on an empty state folder the first time and on an
 * existing one afterwards; and what the control plane holds in memory after five idle seconds.
 */
export const start: Measurement = {
  name: "start",
  title: "Start of `gyre up` and memory at rest",
  async measure({ folder }) {
    await mkdir(folder, { recursive: true });
    const times: number[] = [];
    let processorMs = 0;
    let residentMb = 0;
    for (let number = 0; number < starts; number++) {
      const isLast = number === starts - 1;
      const started = await startOnce(folder, isLast ? idleMs : 0);
      times.push(started.startedInMs);
      processorMs = started.processorMs;
      residentMb = started.memoryMb;
    }
    const [first = 0, ...later] = times;
    const middle = later.toSorted((a, b) => a - b)[Math.floor(later.length / 2)] ?? 0;
    const figures: Figure[] = [
      { what: "to the first answer, empty state", value: first, unit: "ms" },
      { what: `to the first answer, median of ${later.length}`, value: middle, unit: "ms", target: 1_000 },
      {
        what: "processor time of the last of them",
        value: processorMs,
        unit: "ms",
        note: "on a busy machine, look here",
      },
      { what: `resident memory after ${idleMs / 1_000} s`, value: residentMb, unit: "MB", target: 150 },
    ];
    return figures;
  },
};

interface Started {
  readonly startedInMs: number;
  readonly processorMs: number;
  readonly memoryMb: number;
}

async function startOnce(folder: string, restMs: number): Promise<Started> {
  const port = await freePort();
  const words = ["up", "--port", String(port), "--gateway-port", "0", "--log-level", "error"];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [launcher, ...words], { cwd: folder, stdio: "ignore" });
  const ended = new Promise<void>((resolveEnd) => child.once("exit", () => resolveEnd()));
  try {
    await firstAnswer(`http://127.0.0.1:${port}/api/v1/health`);
    const startedInMs = performance.now() - startedMs;
    const processorMs = await processorMsOf(child.pid);
    await sleep(restMs);
    return { startedInMs, processorMs, memoryMb: await residentMbOf(folder) };
  } finally {
    // Sent again until it has ended: the first may come before the command listens to it.
    const signal = setInterval(() => child.kill("SIGTERM"), 3_000);
    child.kill("SIGTERM");
    await ended;
    clearInterval(signal);
  }
}

async function firstAnswer(url: string): Promise<void> {
  const untilMs = performance.now() + 30_000;
  while (performance.now() < untilMs) {
    const isAnswered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isAnswered) return;
    await sleep(5);
  }
  throw new Error(`${url} did not answer within 30 s`);
}

/** What a process and its threads have used: fields 14 and 15 of `stat`, in ticks of 10 ms. */
async function processorMsOf(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** VmRSS of the control plane, whose number the command leaves beside its state. */
async function residentMbOf(folder: string): Promise<number> {
  const path = join(folder, ".gyre", "server.json");
  for (let tries = 0; tries < 100; tries++) {
    try {
      const { pid } = serverFileSchema.parse(JSON.parse(await readFile(path, "utf8")));
      const status = await readFile(`/proc/${pid}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
    } catch {
      // Written a moment after the first answer; and only Linux has /proc.
      await sleep(20);
    }
  }
  return Number.NaN;
}

function freePort(): Promise<number> {
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
