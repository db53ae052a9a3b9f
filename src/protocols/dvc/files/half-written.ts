import { readdirSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";

/** Names that begin so are half-written; whoever died leaves them, and collecting garbage takes them away. */
export const asidePrefix = ".gyre-";

const dayMs = 86_400_000;

let serial = 0;

/** The place of a file of a folder until it is whole and gets its name. */
export function asideIn(folder: string): string {
  serial += 1;
  return `${folder}/${asidePrefix}${process.pid}-${threadId}-${serial}.tmp`;
}

/** The name of a folder of objects that waits beside the cache's own. */
export function stagedName(): string {
  serial += 1;
  return `${asidePrefix}${process.pid}-${serial}-${hostname()}`;
}

/** Removes folders that a process that died left staged: of this machine at once, of another after a day without a change. */
export function removeAbandoned(objects: string): void {
  for (const name of namesIn(objects)) {
    const [, writer, host] = /^\.gyre-(\d+)-\d+-(.+)$/.exec(name) ?? [];
    if (writer === undefined) continue;
    const place = join(objects, name);
    const isAbandoned = host === hostname() ? !isAlive(Number(writer)) : isOld(place);
    if (isAbandoned) rmSync(place, { recursive: true, force: true });
  }
}

/** Removes files that somebody who died left half-written; whoever still writes has a process. */
export function removeHalfWritten(objects: string): void {
  for (const prefix of namesIn(objects)) {
    for (const name of namesIn(join(objects, prefix))) {
      const writer = name.startsWith(asidePrefix)
        ? Number(name.slice(asidePrefix.length).split("-")[0])
        : undefined;
      if (writer !== undefined && !isAlive(writer)) rmSync(join(objects, prefix, name), { force: true });
    }
  }
}

function isOld(place: string): boolean {
  const status = statSync(place, { throwIfNoEntry: false });
  return status !== undefined && status.mtimeMs < Date.now() - dayMs;
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // A process of somebody else may not be sent anything; it lives all the same.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function namesIn(place: string): readonly string[] {
  try {
    return statSync(place).isDirectory() ? readdirSync(place) : [];
  } catch {
    return [];
  }
}
