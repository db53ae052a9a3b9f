import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { readStartTicks } from "#kernel/process-identity";

import type { ProcessMark } from "./process.ts";

const usualGraceMs = 5_000;

/** Ends every process of the group: SIGTERM, then SIGKILL for those that are still there after the grace time. */
export async function endGroup(
  pid: number,
  leaderExit?: Promise<unknown>,
  graceMs = usualGraceMs,
): Promise<void> {
  if (!signalGroup(pid, "SIGTERM")) return;
  const deadlineMs = performance.now() + graceMs;
  // A leader that was not waited for still counts as a member, so its exit is awaited where we can.
  if (leaderExit !== undefined) await Promise.race([leaderExit, sleep(graceMs, undefined, { ref: false })]);
  while (await hasLivingMembers(pid)) {
    if (performance.now() > deadlineMs) {
      signalGroup(pid, "SIGKILL");
      return;
    }
    await sleep(20);
  }
}

/**
 * Ends what a killed server left running: the group of the process with that mark. A process that got
 * the same number later is another one and is left alone. True when there was something to end.
 */
export async function endOrphan(mark: ProcessMark): Promise<boolean> {
  if (!(await hasOrphan(mark))) return false;
  await endGroup(mark.pid);
  return true;
}

/** Whether anything of what a killed server left running under that mark goes on. */
export async function hasOrphan(mark: ProcessMark): Promise<boolean> {
  const current = readStartTicks(mark.pid);
  const isSame = current !== "" && current === mark.startTicks;
  // The leader may be gone while its children go on. The system gives a number that still names a group
  // to no new process, so without a leader the group is the old one.
  return isSame || (current === "" && (await hasLivingMembers(mark.pid)));
}

/** Whether a process of the group works still; zombies do not. */
async function hasLivingMembers(group: number): Promise<boolean> {
  if (!signalGroup(group, 0)) return false;
  const entries = await readdir("/proc").catch(() => undefined);
  if (entries === undefined) return true;
  for (const entry of entries) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    // After the name in parentheses: state, parent, group.
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (processGroup === String(group) && state !== "Z" && state !== "X") return true;
  }
  return false;
}

/** False when the group has no process left. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}
