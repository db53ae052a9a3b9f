import { copyFile } from "node:fs/promises";
import { join } from "node:path";

import { Problem } from "#kernel/errors";

import type { Scanned } from "../files/scan.ts";
import { storeBytes, storeDownload } from "../files/store-object.ts";
import { removePath } from "../files/work-tree.ts";
import { isFolderDigest } from "../formats/listing.ts";
import { legacyEntry, lockedEntry, readEntries, trackedEntry } from "../formats/entries.ts";
import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import type { YamlMapping, YamlValue } from "../formats/yaml-value.ts";
import { problems } from "../problems.ts";
import { placeOf } from "../repository/repository.ts";
import { addressOf, resolvePath } from "../repository/stages.ts";
import type { TrackedOut, TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";
import { checkoutOut, linkKinds } from "../verbs/checkout-out.ts";
import { refuseTrackedInGit } from "../verbs/refuse-tracked-in-git.ts";
import { digestOfStage } from "../verbs/stage-digest.ts";
import { byWritten, lookAtUnchangedLegacy } from "./saved-stage.ts";

/** Takes away what a stage made before, but for outs it goes on from. */
export function removeOuts(session: Session, stage: TrackedStage): void {
  for (const out of stage.outs) {
    if (!out.persists) removePath(placeOf(session.repository, out.path));
  }
}

/**
 * Looks at what a stage has made and puts it into the cache; the entries of its outs in order. Throws
 * `dvc_path_missing`, at the stage, for an out it did not make, and `dvc_path_refused` for one that Git tracks.
 */
export async function saveOuts(
  session: Session,
  stage: TrackedStage,
  options: { readonly isCommitted: boolean; readonly keepsUncached: boolean },
): Promise<readonly YamlMapping[]> {
  const entries: YamlMapping[] = [];
  refuseTrackedInGit(
    session,
    stage.outs.filter(({ isCached }) => isCached).map(({ path }) => placeOf(session.repository, path)),
  );
  for (const out of byWritten(stage.outs)) {
    const isStored = options.isCommitted && (out.isCached || options.keepsUncached);
    const legacy = await lookAtUnchangedLegacy(session, out);
    if (legacy !== undefined) {
      if (isStored) await storeLegacy(session, out, legacy);
      entries.push(legacyEntry(out.written, legacy));
      continue;
    }
    const found = await lookAtOut(session, stage, out, isStored);
    entries.push(lockedEntry(out.written, found));
    if (isStored && out.isCached) await relink(session, out, found);
  }
  return entries;
}

/** The `.dvc` file of a stage with a command of its own, after a run of it. */
export function singleStageFile(
  stage: TrackedStage,
  deps: readonly YamlMapping[],
  outs: readonly YamlMapping[],
): YamlMapping {
  const renew = (items: YamlValue | undefined, entries: readonly YamlMapping[]): readonly YamlMapping[] =>
    (isYamlList(items) ? items : []).filter(isYamlMapping).map((item) => {
      const entry = entries.find(({ path }) => path === item["path"]);
      const [read] = readEntries(stage.file, entry === undefined ? [] : [entry]);
      if (read?.digest === undefined) return item;
      const {
        path: _path,
        hash,
        ...found
      } = trackedEntry("", {
        md5: read.digest.md5,
        sizeBytes: read.sizeBytes ?? 0,
        files: read.files,
        isExecutable: read.isExecutable,
      });
      return { ...item, ...found, ...(read.digest.isLegacy ? {} : { hash }) };
    });
  const { md5: _before, ...raw } = stage.raw;
  const renewed = {
    ...raw,
    ...(raw["deps"] === undefined ? {} : { deps: renew(raw["deps"], deps) }),
    ...(raw["outs"] === undefined ? {} : { outs: renew(raw["outs"], outs) }),
  };
  return stage.cmd === undefined && stage.dependencies.length === 0
    ? renewed
    : { md5: digestOfStage(renewed), ...renewed };
}

/** An out as an entry describes it, for taking it out of the cache. */
export function outOfEntry(stage: TrackedStage, entry: YamlMapping): TrackedOut | undefined {
  const [read] = readEntries(stage.file, [entry]);
  if (read === undefined) return undefined;
  return {
    path: resolvePath(stage.wdir, read.path),
    written: read.path,
    digest: read.digest,
    sizeBytes: read.sizeBytes,
    files: read.files,
    isExecutable: read.isExecutable,
    raw: entry,
    kind: "out",
    isCached: true,
    persists: false,
    isPushed: true,
    remote: undefined,
    annotations: {},
  };
}

async function lookAtOut(
  session: Session,
  stage: TrackedStage,
  out: TrackedOut,
  isStored: boolean,
): Promise<Scanned> {
  const { cache } = session;
  const store = { objects: cache.objects, has: (md5: string) => cache.has({ md5, isLegacy: false }) };
  cache.forget();
  const found = await session.look(out.path, isStored ? { store } : {});
  if (found === undefined) {
    throw new Problem(problems.dvc_path_missing, {
      message: `output '${session.show(out.path)}' does not exist`,
      position: stage.position,
      next: `Let the command of ${addressOf(stage, session.show)} write it, or take it out of the stage.`,
      data: { path: out.path, stage: addressOf(stage, session.show) },
    });
  }
  if (isStored && isFolderDigest(found.md5) && found.listing !== undefined)
    cache.storeListing(found.md5, found.listing.text);
  cache.forget();
  return found;
}

/** What keeps the digest of DVC 2 is kept where DVC 2 looks for it, or the lock file would name what no cache has. */
async function storeLegacy(
  { cache, repository }: Session,
  { path }: TrackedOut,
  { md5, listing }: Scanned,
): Promise<void> {
  const place = placeOf(repository, path);
  const files =
    listing === undefined
      ? [{ md5, place }]
      : listing.files.map((file) => ({ md5: file.md5, place: join(place, file.path) }));
  for (const file of files) {
    const digest = { md5: file.md5, isLegacy: true };
    if (cache.has(digest)) continue;
    await storeDownload(cache.folder, digest, async (aside) => {
      await copyFile(file.place, aside);
      return true;
    });
  }
  if (listing !== undefined && !cache.has({ md5, isLegacy: true }))
    storeBytes(cache.folder, md5, Buffer.from(listing.text));
  cache.forget();
}

async function relink(session: Session, out: TrackedOut, found: Scanned): Promise<void> {
  if (linkKinds(session).find((kind) => kind !== "reflink") === "copy") return;
  const digest = { md5: found.md5, isLegacy: false };
  await checkoutOut(
    session,
    { ...out, digest, isExecutable: found.isExecutable },
    { isRelinked: true, isForced: true },
  );
}
