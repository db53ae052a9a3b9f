import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";

import { answersSignals, hasCertainlyEnded, processIdentity } from "#kernel/process-identity";

/** Names that begin so are half-written; whoever died leaves them, and collecting garbage takes them away. */
export const asidePrefix = ".gyre-";

const weekMs = 7 * 86_400_000;

let serial = 0;

/** The place of a file of a folder until it is whole and gets its name. */
export function asideIn(folder: string): string {
  serial += 1;
  return `${folder}/${asidePrefix}${process.pid}-${threadId}-${serial}.tmp`;
}

/** The name of a folder of objects that waits beside the cache's own: it tells whose it is. */
export function stagedName(): string {
  serial += 1;
  return `${asidePrefix}staged-${serial}-${processIdentity.replaceAll("/", "~")}`;
}

/** Removes folders that a process that died left staged: of this machine at once, of another after a week. */
export function removeAbandoned(objects: string): void {
  for (const name of namesIn(objects)) {
    const [, identity] = /^\.gyre-staged-\d+-(.+)$/.exec(name) ?? [];
    if (identity === undefined) continue;
    const place = join(objects, name);
    if (hasCertainlyEnded(identity.replaceAll("~", "/")) || isOld(place))
      rmSync(place, { recursive: true, force: true });
  }
}

/** Removes files that somebody who died left half-written; whoever still writes has a process. */
export function removeHalfWritten(objects: string): void {
  for (const prefix of namesIn(objects)) {
    for (const name of namesIn(join(objects, prefix))) {
      const writer = name.startsWith(asidePrefix)
        ? Number(name.slice(asidePrefix.length).split("-")[0])
        : undefined;
      if (writer !== undefined && !answersSignals(writer))
        rmSync(join(objects, prefix, name), { force: true });
    }
  }
}

function isOld(place: string): boolean {
  const status = statSync(place, { throwIfNoEntry: false });
  return status !== undefined && status.mtimeMs < Date.now() - weekMs;
}

function namesIn(place: string): readonly string[] {
  try {
    return statSync(place).isDirectory() ? readdirSync(place) : [];
  } catch {
    return [];
  }
}
