import { hash } from "node:crypto";
import { join } from "node:path";

import { Problem } from "#kernel/errors";
import { inParallel } from "#kernel/in-parallel";

import { storeBytes, storeDownload } from "../files/store-object.ts";
import { isFolderDigest } from "../formats/listing.ts";
import { problems } from "../problems.ts";
import { openPacks } from "../remotes/packs.ts";
import type { PackedObject, Packs } from "../remotes/packs.ts";
import { openRemote, remoteFailed } from "../remotes/remote.ts";
import type { Remote } from "../remotes/remote.ts";
import { filesOf, objectName, remoteKey, usedOuts } from "../remotes/used-objects.ts";
import type { UsedObject, UsedOut } from "../remotes/used-objects.ts";
import type { Session } from "../session.ts";
import { chooseEverywhere } from "./revisions.ts";
import type { RevisionOptions } from "./revisions.ts";
import { fetchFromFolder } from "./fetch-from-folder.ts";
import { fetchRuns } from "./run-cache-transfer.ts";
import { distinct } from "./push.ts";
import type { Chosen, TargetOptions } from "./targets.ts";

export interface FetchOptions extends TargetOptions, RevisionOptions {
  readonly remote?: string | undefined;
  readonly jobs?: number | undefined;
  readonly withRunCache?: boolean;
  /** Leave out data above this size. */
  readonly largestBytes?: number | undefined;
  /** Only outs of these kinds. */
  readonly kinds?: readonly ("metrics" | "plots")[] | undefined;
}

export interface Fetched {
  readonly count: number;
  /** What no remote has. */
  readonly missing: readonly UsedObject[];
}

/** Brings the objects of tracked data into the cache, each verified. What cannot be had is listed. */
export async function fetchObjects(session: Session, options: FetchOptions): Promise<Fetched> {
  const chosen = await chooseEverywhere(session, options);
  return await fetchChosen(session, chosen, options);
}

/** The same for stages that were chosen before. */
export async function fetchChosen(
  session: Session,
  chosen: readonly Chosen[],
  options: Omit<FetchOptions, "targets">,
): Promise<Fetched> {
  const outs = usedOuts(session, chosen).filter(
    ({ out }) =>
      (options.kinds === undefined || options.kinds.some((kind) => kind === out.kind)) &&
      (options.largestBytes === undefined || (out.sizeBytes ?? 0) <= options.largestBytes),
  );
  const byRemote = new Map<string | undefined, UsedOut[]>();
  for (const used of outs) {
    const name = options.remote ?? used.own.remote;
    if (options.remote !== undefined && used.own.remote !== undefined && used.own.remote !== options.remote)
      continue;
    const known = byRemote.get(name) ?? [];
    byRemote.set(name, known);
    known.push(used);
  }
  let count = 0;
  const missing: UsedObject[] = [];
  for (const [name, used] of byRemote) {
    if (isAllHere(session, used) && options.withRunCache !== true) continue;
    const remote = await openRemote(session.repository, name, options.jobs);
    try {
      if (options.withRunCache === true) await fetchRuns(session, remote);
      const fetched = await fetchFrom(session, remote, used);
      count += fetched.count;
      missing.push(...fetched.missing);
    } finally {
      await remote.close();
    }
  }
  return { count, missing };
}

export function fetchFailed({ missing }: Fetched): Problem {
  return new Problem(problems.dvc_object_missing, {
    message: `${missing.length} files failed to download: neither the cache nor the remote has them.\n${missing
      .slice(0, 20)
      .map(({ digest, path }) => `md5: ${digest.md5}, name: ${path}`)
      .join("\n")}`,
    next: "Let somebody who has the data push it with: gyre dvc push; or name another remote with -r.",
    data: { md5s: missing.map(({ digest }) => digest.md5) },
  });
}

function isAllHere({ cache }: Session, used: readonly UsedOut[]): boolean {
  return used.every(
    ({ own, files }) => cache.has(own.digest) && files?.every(({ digest }) => cache.has(digest)) === true,
  );
}

async function fetchFrom(session: Session, remote: Remote, used: readonly UsedOut[]): Promise<Fetched> {
  const packs = await openPacks(remote, join(session.repository.temporaryFolder, "gyre", "packs"));
  // Listings first: they tell which files there are.
  const first = await fetchAll(session, remote, packs, distinct(used.map(({ own }) => own)));
  session.cache.forget();
  const files = used.flatMap(({ own, files: known, out, within }) =>
    isFolderDigest(own.digest.md5) ? (known ?? filesOf(session, out, within) ?? []) : [],
  );
  const second = await fetchAll(session, remote, packs, distinct(files));
  session.cache.forget();
  return { count: first.count + second.count, missing: [...first.missing, ...second.missing] };
}

async function fetchAll(
  session: Session,
  remote: Remote,
  packs: Packs,
  objects: readonly UsedObject[],
): Promise<Fetched> {
  const wanted = objects.filter(({ digest }) => !session.cache.has(digest));
  const packed = new Map<string, (PackedObject & { readonly object: UsedObject })[]>();
  const nearby: UsedObject[] = [];
  const single: UsedObject[] = [];
  for (const object of wanted) {
    const found = object.digest.isLegacy ? undefined : packs.find(object.digest.md5);
    if (found === undefined) (isNearby(remote, object) ? nearby : single).push(object);
    else packed.set(found.pack, [...(packed.get(found.pack) ?? []), { ...found, object }]);
  }
  const missing: UsedObject[] = [];
  await inParallel([...packed], Math.min(3, remote.calls), async ([pack, parts]) => {
    await fetchPacked(session, remote, pack, parts);
  });
  if (remote.folder !== undefined)
    missing.push(...(await fetchFromFolder(session, join(remote.folder, "files", "md5"), nearby)));
  await inParallel(single, remote.calls, async (object) => {
    if (!(await fetchOne(session, remote, object))) missing.push(object);
  });
  return { count: wanted.length - missing.length, missing };
}

/** Files of a folder can be read by threads; listings have another name than their digest. */
function isNearby({ folder }: Remote, { digest }: UsedObject): boolean {
  return folder !== undefined && !digest.isLegacy && !isFolderDigest(digest.md5);
}

async function fetchOne({ cache }: Session, remote: Remote, { digest }: UsedObject): Promise<boolean> {
  const root = digest.isLegacy ? cache.folder : cache.objects;
  return await storeDownload(root, digest, async (place) => await remote.download(remoteKey(digest), place));
}

// A gap of this size between two wanted objects is read along rather than asked for around.
const gapBytes = 64 * 1024;
// No more than this is asked for at once.
const rangeBytes = 32 * 1024 * 1024;

/** Wanted objects of a pack that lie near each other come with one call. */
async function fetchPacked(
  { cache }: Session,
  remote: Remote,
  pack: string,
  parts: readonly (PackedObject & { readonly object: UsedObject })[],
): Promise<void> {
  const sorted = parts.toSorted((a, b) => a.from - b.from);
  for (let start = 0; start < sorted.length;) {
    const first = sorted[start];
    if (first === undefined) return;
    let end = start + 1;
    let until = first.from + first.length;
    for (let next = sorted[end]; next !== undefined; next = sorted[end]) {
      if (next.from - until > gapBytes || next.from + next.length - first.from > rangeBytes) break;
      until = Math.max(until, next.from + next.length);
      end += 1;
    }
    const length = until - first.from;
    const bytes = length === 0 ? Buffer.alloc(0) : await remote.read(pack, { from: first.from, length });
    if (bytes === undefined || bytes.length < length)
      throw remoteFailed(remote, `has lost ${pack}, or a part of it.`);
    for (const { from, length: size, object } of sorted.slice(start, end)) {
      const own = bytes.subarray(from - first.from, from - first.from + size);
      refuseDamaged(remote, object, own);
      storeBytes(cache.objects, object.digest.md5, own);
    }
    start = end;
  }
}

function refuseDamaged(remote: Remote, { digest, path }: UsedObject, bytes: Buffer): void {
  if (hash("md5", bytes, "hex") === digest.md5.replace(/\.dir$/, "")) return;
  throw new Problem(problems.dvc_object_damaged, {
    message: `The object ${digest.md5} ('${path}') of the remote '${remote.name}' is damaged: its bytes have another digest.`,
    next: "Let somebody whose cache has it push it again: gyre dvc push --unpacked",
    data: { md5: digest.md5, remote: remote.name, name: objectName(digest) },
  });
}
