import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * A name for this process that no other process, past or future, has: where process numbers are
 * counted (host, boot and pid namespace), the number, and when it started in ticks since boot,
 * because numbers are reused. Written into leases and locks.
 */
export const processIdentity: string = describe(process.pid);

/**
 * Whether the process of that identity has certainly ended. False when it lives, and also when this
 * process cannot know, because the other ran on another host or in another container: then only
 * the end of its lease tells.
 */
export function hasCertainlyEnded(identity: string): boolean {
  const [place, number, startedTicks] = identity.split("/");
  const pid = Number(number);
  if (place !== currentPlace() || !Number.isInteger(pid) || pid <= 0) return false;
  if (!answersSignals(pid)) return true;
  return startedTicks !== "" && startedTicks !== readStartTicks(pid);
}

function describe(pid: number): string {
  return `${currentPlace()}/${pid}/${readStartTicks(pid)}`;
}

function currentPlace(): string {
  const boot = readOrEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim().slice(0, 8));
  const namespace = readOrEmpty(() => readlinkSync("/proc/self/ns/pid").replace(/\D/g, ""));
  return [hostname().replaceAll("/", "-"), boot, namespace].filter((part) => part !== "").join(":");
}

/** Field 22 of `/proc/<pid>/stat`; empty where there is no `/proc`, and for a zombie, which works no more. */
export function readStartTicks(pid: number): string {
  const stat = readOrEmpty(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // The second field is the program's name in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? "" : (fields[19] ?? "");
}

/** Whether a process of this number lives here; it may be another than the one that was meant. */
export function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function readOrEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
