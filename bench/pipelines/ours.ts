import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { besideEachOther, chainOf, openBenchProject, quantile } from "./bench-project.ts";
import type { Figure } from "../figures.ts";

const chainLength = 200;

/**
 * What the engine adds to a step: the time from the end of one step of a chain to the end of the next,
 * less what the same command takes when nothing but a shell starts it.
 */
export async function measureOverhead(folder: string): Promise<readonly Figure[]> {
  const floorMs = await shellFloorMs();
  const project = await openBenchProject(folder, { slots: 2 });
  try {
    await project.write({ "dvc.yaml": chainOf(chainLength, (index) => `echo ${index}`), in: "1" });
    const before = process.cpuUsage();
    const { execution } = await project.timed("succeeded");
    const cpuMs = cpuMsSince(before) / chainLength;
    const ends = execution.steps.map((step) => step.endedAtMs ?? 0);
    // The first ten warm up what every later step uses.
    const gaps = ends.slice(11).map((end, index) => end - (ends[index + 10] ?? end));
    const over = (share: number): number => quantile(gaps, share) - floorMs;
    return [
      { what: "a shell that echoes, alone", value: floorMs, unit: "ms" },
      { what: "overhead of a step, p50", value: over(0.5), unit: "ms", target: 10 },
      { what: "overhead of a step, p99", value: over(0.99), unit: "ms", target: 25 },
      { what: "the engine's own time on a processor", value: cpuMs, unit: "ms a step" },
    ];
  } finally {
    await project.close();
  }
}

/** What a machine that others use too does not change: waiting for them is in the other figures. */
function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function shellFloorMs(): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 60; round++) {
    const startedMs = performance.now();
    await once(spawn("/bin/bash", ["--noprofile", "--norc", "-c", "echo 1 > /dev/null"]), "exit");
    times.push(performance.now() - startedMs);
  }
  return quantile(times, 0.5);
}

/** Independent stages on a few slots, against the time they would take if nothing but them took any. */
export async function measureSlots(folder: string): Promise<readonly Figure[]> {
  const [stages, slots, seconds] = [12, 4, 2];
  const project = await openBenchProject(folder, { slots });
  try {
    await project.write({ "dvc.yaml": besideEachOther(stages, `sleep ${seconds}`), in: "1" });
    const { execution } = await project.timed("succeeded");
    const begun = Math.min(...execution.steps.map((step) => step.startedAtMs ?? 0));
    const ended = Math.max(...execution.steps.map((step) => step.endedAtMs ?? 0));
    const idealMs = Math.ceil(stages / slots) * seconds * 1_000;
    return [
      {
        what: `${stages} stages of ${seconds} s on ${slots} slots, beyond ideal`,
        value: ((ended - begun) / idealMs - 1) * 100,
        unit: "%",
        target: 5,
      },
    ];
  } finally {
    await project.close();
  }
}

/** A pipeline of a thousand stages in which nothing changed. */
export async function measureNoOp(folder: string): Promise<readonly Figure[]> {
  const project = await openBenchProject(folder, { slots: 2 });
  try {
    await project.write({ "dvc.yaml": chainOf(1_000, (index) => `echo ${index}`), in: "1" });
    await project.timed("succeeded");
    const times: number[] = [];
    const cpuTimes: number[] = [];
    for (let round = 0; round < 3; round++) {
      const before = process.cpuUsage();
      times.push((await project.timed("cached")).elapsedMs);
      cpuTimes.push(cpuMsSince(before));
    }
    return [
      { what: "1,000 stages, none changed", value: quantile(times, 0.5), unit: "ms", target: 1_000 },
      { what: "time on a processor each time", value: quantile(cpuTimes, 0.5), unit: "ms" },
    ];
  } finally {
    await project.close();
  }
}

/** A fan-out of a hundred thousand steps, planned in a process of its own whose memory is looked at. */
export async function measurePlan(folder: string): Promise<readonly Figure[]> {
  const program = fileURLToPath(new URL("plan-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let figures = "";
  for await (const line of createInterface(child.stdout)) figures += line;
  const measured: { planMs: number; cpuMs: number; peakBytes: number; steps: number } = JSON.parse(figures);
  const steps = measured.steps.toLocaleString("en");
  return [
    { what: `${steps} steps planned`, value: measured.planMs, unit: "ms", target: 2_000 },
    { what: "of that, time on a processor", value: measured.cpuMs, unit: "ms" },
    { what: "peak memory of the process", value: measured.peakBytes / 1e6, unit: "MB", target: 1_000 },
  ];
}
