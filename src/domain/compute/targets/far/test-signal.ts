import { readdir, readFile } from "node:fs/promises";

import type { WorkHandle } from "../contract.ts";

/** Signals the program that runs a piece of work: in the tests the machines of a cluster are this one. */
export async function signalWork(handle: WorkHandle, signal: NodeJS.Signals): Promise<void> {
  const wanted = `GYRE_WORK_ID=${handle.work}\0`;
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    // What a process was started with stays here, also once the program has put it away.
    const environment = await readFile(`/proc/${entry}/environ`, "utf8").catch(() => "");
    const words = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    if (environment.includes(wanted) && words.includes("GYRE_WORK_SERVER"))
      process.kill(Number(entry), signal);
  }
}
