import { hash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { Problem } from "#kernel/errors";
import { inParallel } from "#kernel/in-parallel";

import { verifyObject } from "../files/place-object.ts";
import { isFolderDigest } from "../formats/listing.ts";
import { problems } from "../problems.ts";
import { largestPackedBytes, openPacks, packBytes } from "../remotes/packs.ts";
import type { Packs } from "../remotes/packs.ts";
import { presentIn } from "../remotes/presence.ts";
import { openRemote } from "../remotes/remote.ts";
import type { Remote } from "../remotes/remote.ts";
import { objectName, remoteKey, usedOuts } from "../remotes/used-objects.ts";
import type { UsedObject } from "../remotes/used-objects.ts";
import type { Session } from "../session.ts";
import { pushRuns } from "./run-cache-transfer.ts";
import { chooseEverywhere } from "./revisions.ts";
import type { RevisionOptions } from "./revisions.ts";
import type { TargetOptions } from "./targets.ts";

export interface PushOptions extends TargetOptions, RevisionOptions {
  readonly remote?: string | undefined;
  readonly jobs?: number | undefined;
  /** `begin`: keep small objects in packs from now on; `never`: this time as DVC does, whatever the remote has. */
  readonly packs?: "begin" | "never" | undefined;
  readonly withRunCache?: boolean;
}

/** Sends tracked data to remotes; the number of objects (and runs) that were not there. */
export async function push(session: Session, options: PushOptions): Promise<number> {
  const chosen = await chooseEverywhere(session, options);
  const outs = usedOuts(session, chosen, { isForPush: true });
  const byRemote = new Map<string | undefined, UsedObject[]>();
  for (const { own, files } of outs) {
    const remote = options.remote ?? own.remote;
    if (options.remote !== undefined && own.remote !== undefined && own.remote !== options.remote) continue;
    const objects = byRemote.get(remote) ?? [];
    byRemote.set(remote, objects);
    objects.push(own, ...(files ?? []));
  }
  // Without any data the default remote is still to be there.
  if (byRemote.size === 0) byRemote.set(options.remote, []);
  let sent = 0;
  for (const [name, objects] of byRemote) {
    const remote = await openRemote(session.repository, name, options.jobs);
    try {
      sent += await pushTo(session, remote, distinct(objects), options);
      if (options.withRunCache === true && name === options.remote) sent += await pushRuns(session, remote);
    } finally {
      await remote.close();
    }
  }
  return sent;
}

async function pushTo(
  session: Session,
  remote: Remote,
  objects: readonly UsedObject[],
  { packs: wish }: PushOptions,
): Promise<number> {
  if (objects.length === 0) return 0;
  if (remote.isReadOnly) {
    throw new Problem(problems.dvc_remote_failed, {
      message: `The remote '${remote.name}' (${remote.address}) can be read only: HTTP remotes are not written to.`,
    });
  }
  const packs = await openPacks(remote, join(session.repository.temporaryFolder, "gyre", "packs"));
  if (wish === "begin" && !packs.isAskedFor) await packs.begin();
  const usesPacks = wish !== "never" && (packs.isAskedFor || wish === "begin");
  const inRemote = await presentIn(remote, usesPacks ? packs : withoutPacks(packs), objects);
  const missing = objects.filter(({ digest }) => !inRemote.has(objectName(digest)));
  const here = missing.filter(({ digest }) => session.cache.has(digest));
  if (here.length < missing.length)
    warnOfMissing(
      session,
      missing.filter((one) => !here.includes(one)),
    );
  // A listing goes last: where it is, its files are.
  const files = here.filter(({ digest }) => !isFolderDigest(digest.md5));
  const listings = here.filter(({ digest }) => isFolderDigest(digest.md5));
  if (usesPacks) {
    await putPacked(session, remote, packs, files);
    await putPacked(session, remote, packs, listings);
  } else {
    await inParallel(files, remote.calls, async (object) => await putOne(session, remote, object));
    await inParallel(listings, remote.calls, async (object) => await putOne(session, remote, object));
  }
  return here.length;
}

async function putOne(session: Session, remote: Remote, { digest }: UsedObject): Promise<void> {
  const place = session.cache.placeOf(digest);
  const { size } = statSync(place);
  if (size <= largestPackedBytes) return await remote.put(remoteKey(digest), session.cache.read(digest));
  verifyObject(session.cache, session.index, digest);
  await remote.upload(remoteKey(digest), place, size);
}

/** Small objects by the pack, a pack at a time in memory for every few calls; large ones each by itself. */
async function putPacked(
  session: Session,
  remote: Remote,
  packs: Packs,
  objects: readonly UsedObject[],
): Promise<void> {
  const orders: UsedObject[][] = [];
  const alone: UsedObject[] = [];
  let sizeBytes = packBytes;
  for (const object of objects) {
    const { size } = statSync(session.cache.placeOf(object.digest));
    if (size > largestPackedBytes || object.digest.isLegacy) {
      alone.push(object);
      continue;
    }
    if (sizeBytes + size > packBytes) {
      orders.push([]);
      sizeBytes = 0;
    }
    orders.at(-1)?.push(object);
    sizeBytes += size;
  }
  await inParallel(orders, Math.min(3, remote.calls), async (order) => {
    await packs.put(
      order.map(({ digest }) => {
        const bytes = readFileSync(session.cache.placeOf(digest));
        if (hash("md5", bytes, "hex") !== digest.md5.replace(/\.dir$/, ""))
          throw session.cache.setAside(digest);
        return { md5: digest.md5, bytes };
      }),
    );
  });
  await inParallel(alone, remote.calls, async (object) => await putOne(session, remote, object));
}

function withoutPacks(packs: Packs): Packs {
  return { ...packs, find: () => undefined };
}

function warnOfMissing({ voice }: Session, missing: readonly UsedObject[]): void {
  voice.warn(
    `Some of the cache files do not exist neither locally nor on remote. Missing cache files:\n${missing
      .slice(0, 20)
      .map(({ digest, path }) => `md5: ${digest.md5}, name: ${path}`)
      .join("\n")}${missing.length > 20 ? `\nand ${missing.length - 20} more` : ""}`,
  );
}

export function distinct(objects: readonly UsedObject[]): readonly UsedObject[] {
  return [...new Map(objects.map((object) => [objectName(object.digest), object])).values()];
}
