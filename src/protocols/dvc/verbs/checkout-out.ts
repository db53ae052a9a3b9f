import { join } from "node:path";

import { Problem } from "#kernel/errors";

import { missingObject } from "../files/cache.ts";
import { placeObject } from "../files/place-object.ts";
import type { LinkKind } from "../files/place-object.ts";
import type { Scanned } from "../files/scan.ts";
import { makeFolder, removeEmptyFolders, removeFile, removePath } from "../files/work-tree.ts";
import type { PathDigest } from "../formats/entries.ts";
import { isFolderDigest } from "../formats/listing.ts";
import { problems } from "../problems.ts";
import { placeOf, setting } from "../repository/repository.ts";
import type { TrackedOut } from "../repository/stages.ts";
import type { Session } from "../session.ts";

/** What became of one out in the work tree; undefined when it lay there as it should. */
export interface OutCheckout {
  readonly change: "added" | "modified";
  /** Files, not folders. */
  readonly added: number;
  readonly modified: number;
  readonly deleted: number;
}

export interface CheckoutOptions {
  /** Data that is in no cache may be lost. */
  readonly isForced?: boolean;
  /** Make files anew even if they are as they should be. */
  readonly isRelinked?: boolean;
  /** Only what lies at or below this path. */
  readonly within?: string | undefined;
  readonly kinds?: readonly LinkKind[];
  /** This process has just stored the objects. */
  readonly isVerified?: boolean;
}

/**
 * Makes an out in the work tree what its digest says: writes what differs, removes what is not in it. Looks
 * before it touches anything whether every object is there. Throws `dvc_object_missing`,
 * `dvc_unsaved_data`.
 */
export async function checkoutOut(
  session: Session,
  out: TrackedOut,
  options: CheckoutOptions = {},
): Promise<OutCheckout | undefined> {
  const { digest } = out;
  if (digest === undefined || !out.isCached) return undefined;
  const place = placeOf(session.repository, out.path);
  const found = await session.look(out.path, { isLegacy: digest.isLegacy });
  if (found !== undefined && found.md5 === digest.md5 && options.isRelinked !== true) return undefined;
  const wanted = wantedFiles(session, out, digest);
  const present = presentFiles(found);
  const isSingle = wanted.has("");
  const isWithin = (path: string): boolean => isBelow(out.path, path, options.within);
  const toWrite = [...wanted].filter(
    ([path, md5]) => isWithin(path) && (present.get(path) !== md5 || options.isRelinked === true),
  );
  const toRemove = [...present.keys()].filter((path) => isWithin(path) && !wanted.has(path));
  for (const [, md5] of toWrite) {
    if (!session.cache.has({ md5, isLegacy: digest.isLegacy })) throw missingObject(md5);
  }
  if (options.isForced !== true)
    refuseLoss(session, out, present, [...toWrite.map(([path]) => path), ...toRemove]);
  for (const path of toRemove) {
    if (path === "") removePath(place);
    else removeFile(`${place}/${path}`);
  }
  if (isSingle && found?.files !== undefined) removePath(place);
  const placing = {
    cache: session.cache,
    index: session.index,
    kinds: options.kinds ?? linkKinds(session),
    isVerified: options.isVerified ?? false,
  };
  const folders = new Set<string>();
  if (!isSingle) makeFolder(place);
  for (const [path, md5] of toWrite) {
    const target = path === "" ? place : `${place}/${path}`;
    const slash = target.lastIndexOf("/");
    const folder = target.slice(0, slash);
    if (!folders.has(folder)) {
      makeFolder(folder);
      folders.add(folder);
    }
    placeObject(
      placing,
      { md5, isLegacy: digest.isLegacy },
      folder,
      target.slice(slash + 1),
      isSingle && out.isExecutable,
    );
  }
  for (const path of toRemove) if (path !== "") removeEmptyFolders(join(place, path, ".."), place);
  const modified = toWrite.filter(([path]) => present.has(path)).length;
  if (toWrite.length + toRemove.length === 0 && found !== undefined) return undefined;
  return {
    change: found === undefined ? "added" : "modified",
    added: toWrite.length - modified,
    modified,
    deleted: toRemove.filter((path) => path !== "").length,
  };
}

/** The kinds of links the settings allow, in their order. */
export function linkKinds(session: Pick<Session, "repository">): readonly LinkKind[] {
  const text = setting(session.repository.config, "cache", "type");
  const kinds = (text ?? "reflink,copy").split(",").map((kind) => kind.trim().replaceAll(/["']/g, ""));
  return kinds.filter((kind): kind is LinkKind => ["reflink", "hardlink", "symlink", "copy"].includes(kind));
}

/** The files of an out by their path in it; a file has one, by the empty path. */
function wantedFiles(session: Session, out: TrackedOut, digest: PathDigest): ReadonlyMap<string, string> {
  if (!isFolderDigest(digest.md5)) return new Map([["", digest.md5]]);
  const listing = session.cache.listing(digest);
  if (listing === undefined) {
    throw new Problem(problems.dvc_object_missing, {
      message: `The listing ${digest.md5} of the folder '${session.show(out.path)}' is not in the cache.`,
      data: { md5: digest.md5, path: out.path },
    });
  }
  return new Map(listing.map(({ path, md5 }) => [path, md5]));
}

function presentFiles(found: Scanned | undefined): ReadonlyMap<string, string> {
  if (found === undefined) return new Map();
  if (found.listing === undefined) return new Map([["", found.md5]]);
  return new Map(found.listing.files.map(({ path, md5 }) => [path, md5]));
}

function refuseLoss(
  session: Session,
  out: TrackedOut,
  present: ReadonlyMap<string, string>,
  touched: readonly string[],
): void {
  const isLegacy = out.digest?.isLegacy ?? false;
  const unsaved = touched.filter((path) => {
    const md5 = present.get(path);
    return md5 !== undefined && !session.cache.has({ md5, isLegacy });
  });
  if (unsaved.length === 0) return;
  const names = unsaved.map((path) => session.show(path === "" ? out.path : `${out.path}/${path}`));
  throw new Problem(problems.dvc_unsaved_data, {
    message: `Can't remove the following unsaved files without confirmation. Use \`--force\` to force.\n${names.slice(0, 20).join("\n")}${names.length > 20 ? `\nand ${names.length - 20} more` : ""}`,
    data: { paths: names },
  });
}

function isBelow(outPath: string, path: string, within: string | undefined): boolean {
  if (within === undefined || within === outPath || outPath.startsWith(`${within}/`)) return true;
  const whole = path === "" ? outPath : `${outPath}/${path}`;
  return whole === within || whole.startsWith(`${within}/`);
}
