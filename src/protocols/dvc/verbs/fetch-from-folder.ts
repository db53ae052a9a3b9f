import { readdirSync } from "node:fs";
import { join } from "node:path";

import { Problem } from "#kernel/errors";

import { filesBeforeThreads } from "../files/hash-pool.ts";
import { openStagedObjects } from "../files/staged-objects.ts";
import { problems } from "../problems.ts";
import type { UsedObject } from "../remotes/used-objects.ts";
import type { Session } from "../session.ts";

/**
 * Fetches objects that lie in a folder of this machine, laid out as a cache is: threads read each once, hold it
 * against its name and store it from the same bytes. Gives those that are not there.
 * Throws `dvc_object_damaged`; what was whole is kept.
 */
export async function fetchFromFolder(
  session: Session,
  folder: string,
  wanted: readonly UsedObject[],
): Promise<readonly UsedObject[]> {
  const { objects } = session.cache;
  const isLarge = wanted.length >= filesBeforeThreads;
  if (isLarge) session.pool.start();
  const staged = isLarge ? openStagedObjects(objects) : undefined;
  try {
    const fetched = await Promise.all(
      [...byPrefix(wanted)].map(
        async ([prefix, group]) => await fetchPrefix(session, join(folder, prefix), group, staged?.folder),
      ),
    );
    staged?.publish();
    const [damaged] = fetched.flatMap((one) => one.damaged);
    if (damaged !== undefined) throw damaged;
    return fetched.flatMap((one) => one.missing);
  } catch (error) {
    await session.pool.close();
    staged?.discard();
    throw error;
  }
}

interface FetchedPrefix {
  readonly missing: readonly UsedObject[];
  readonly damaged: readonly Problem[];
}

async function fetchPrefix(
  session: Session,
  folder: string,
  group: readonly UsedObject[],
  staged: string | undefined,
): Promise<FetchedPrefix> {
  const there = namesIn(folder);
  const found = group.filter(({ digest }) => there.has(digest.md5.slice(2)));
  const missing = group.filter(({ digest }) => !there.has(digest.md5.slice(2)));
  if (found.length === 0) return { missing, damaged: [] };
  const { md5s } = await session.pool.hash({
    folder,
    names: found.map(({ digest }) => digest.md5.slice(2)),
    expected: found.map(({ digest }) => digest.md5),
    isLegacy: false,
    objects: session.cache.objects,
    staged,
    clockOffsetMs: session.index.clockOffsetMs,
  });
  return { missing, damaged: found.flatMap((object, index) => refusal(object, md5s[index])) };
}

function refusal({ digest, path }: UsedObject, found: string | undefined): readonly Problem[] {
  if (found === digest.md5) return [];
  return [
    new Problem(problems.dvc_object_damaged, {
      message: `The object ${digest.md5} ('${path}') came from the remote with other bytes: they have the digest ${found ?? ""}.`,
      next: "Let somebody whose cache has it take it out of the remote and push it again.",
      data: { md5: digest.md5, found: found ?? "" },
    }),
  ];
}

function byPrefix(objects: readonly UsedObject[]): ReadonlyMap<string, readonly UsedObject[]> {
  return Map.groupBy(objects, ({ digest }) => digest.md5.slice(0, 2));
}

function namesIn(folder: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(folder));
  } catch {
    // A remote has only the folders it needed.
    return new Set();
  }
}
