import { mkdtemp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { createCompute } from "#compute";
import type { Compute, Environment } from "#compute";
import { systemClock } from "#kernel/clock";

import type { Figure, Measurement } from "./figures.ts";

const stepCount = 40;

/**
 * What the start of Python costs a small step, cold and from a warm interpreter, side by side and in turns:
 * the script computes a small Fibonacci number and prints it, as in other engines' published comparisons.
 */
export const warmPython: Measurement = {
  name: "warm-python",
  title: `Python: ${stepCount} steps of a script that computes fibo(10), one after the other`,
  async measure({ folder }) {
    const cacheFolder = await mkdtemp(join(folder, "cache-"));
    const warm = createCompute({ clock: systemClock, cacheFolder });
    const cold = createCompute({ clock: systemClock, cacheFolder, isWarm: false });
    const environment = await cold.ensureEnvironment({ requirementsText: "", pythonVersion: ">=3.10" });
    await mkdir(join(folder, "home"));
    await writeFile(join(folder, "fibo.py"), script);
    // The first of each starts what is there afterwards; it has its own figure.
    const first = await step(warm, environment, folder);
    await step(cold, environment, folder);
    const times: { warm: number[]; cold: number[] } = { warm: [], cold: [] };
    for (let count = 0; count < stepCount; count++) {
      times.warm.push(await step(warm, environment, folder));
      times.cold.push(await step(cold, environment, folder));
    }
    await warm.close();
    const [warmMs, coldMs] = [median(times.warm), median(times.cold)];
    const figures: readonly Figure[] = [
      { what: "cold: a new interpreter for each, median", value: coldMs, unit: "ms" },
      {
        what: "warm: forked from one that has started, median",
        value: warmMs,
        unit: "ms",
        ratio: warmMs / coldMs,
      },
      { what: "cold: all of them", value: sum(times.cold) / 1_000, unit: "s" },
      { what: "warm: all of them", value: sum(times.warm) / 1_000, unit: "s", target: 1 },
      { what: "warm: the first, which starts the interpreter", value: first, unit: "ms" },
    ];
    return figures;
  },
};

const script = `
import sys
def fibo(n): return n if n < 2 else fibo(n - 1) + fibo(n - 2)
print(fibo(int(sys.argv[1])))
`;

async function step(compute: Compute, environment: Environment, folder: string): Promise<number> {
  const logFile = join(folder, "log");
  const startedMs = performance.now();
  const { exitCode } = await compute.runProcess({
    command: "python fibo.py 10",
    cwd: folder,
    environment,
    variables: { HOME: join(folder, "home"), PYTHONUNBUFFERED: "1" },
    logFile,
    maximumLogBytes: 1_000_000,
  });
  const elapsedMs = performance.now() - startedMs;
  if (exitCode !== 0 || !(await readFile(logFile, "utf8")).endsWith("55\n"))
    throw new Error("the step did not count to 55");
  return elapsedMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
