import { randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { hasCertainlyEnded, processIdentity } from "#kernel/process-identity";

export interface BuildLockOptions {
  readonly signal?: AbortSignal;
  readonly onWait: (line: string) => void;
}

const pollMs = 200;
const heartbeatMs = 10_000;
// Tells the end of an owner on another host or in another container, whose processes we cannot see.
const silentMs = 60_000;

/**
 * Runs `work` while this process, and no other, holds the lock file. The file names its owner, so that
 * the lock of a process that was killed is taken over at once; its time is renewed, so that one we
 * cannot look at is taken over after a minute of silence.
 */
export async function withBuildLock<Result>(
  path: string,
  options: BuildLockOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const owner = `${processIdentity} ${randomUUID()}`;
  for (let waited = false; !(await tryLock(path, owner)); waited = true) {
    if (!waited) options.onWait("Waiting for another process that builds the same environment.");
    options.signal?.throwIfAborted();
    if (await isAbandoned(path)) await takeAway(path);
    else await sleep(pollMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), heartbeatMs);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readOwner(path)) === owner) await rm(path, { force: true });
  }
}

async function tryLock(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const owner = await readOwner(path);
  if (owner === undefined) return false;
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return false;
  const silent = Date.now() - status.mtimeMs > silentMs;
  return silent || hasCertainlyEnded(owner.split(" ")[0] ?? "");
}

/** By rename, so that of two that saw the dead owner only one removes its file, and not the next owner's. */
async function takeAway(path: string): Promise<void> {
  const before = await readOwner(path);
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const after = await readOwner(aside);
  // Between our look and our rename another took over and locked: it gets its lock back.
  if (after !== before && after !== undefined) await writeFile(path, after, { flag: "wx" }).catch(() => {});
  await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === "" ? undefined : text;
}
