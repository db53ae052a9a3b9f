import { createHash, hash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";

import type { PathDigest } from "../formats/entries.ts";
import type { Cache } from "./cache.ts";
import { missingObject } from "./cache.ts";
import { fingerprint } from "./file-print.ts";
import type { StatIndex } from "./stat-index.ts";
import { asideIn } from "./half-written.ts";

/** How an object comes into the work tree; the first that the disk allows is taken. */
export type LinkKind = "reflink" | "hardlink" | "symlink" | "copy";

export interface Placing {
  readonly cache: Cache;
  readonly index: StatIndex;
  readonly kinds: readonly LinkKind[];
  /** This process has just written the objects, or held them against their names. */
  readonly isVerified?: boolean;
}

// Whole objects up to this size are verified and written from memory.
const pieceBytes = 4 * 1024 * 1024;
// What a file system refused once it will refuse again.
const refused = new Set<LinkKind>();

/**
 * Puts an object at a path of the work tree, verified: whatever the file's mode says, its bytes are held
 * against its name. Appears at once or not at all. Throws `dvc_object_missing`, `dvc_object_damaged`.
 */
export function placeObject(
  placing: Placing,
  digest: PathDigest,
  folder: string,
  name: string,
  isExecutable = false,
): void {
  const target = `${folder}/${name}`;
  for (const kind of placing.kinds) {
    if (refused.has(kind)) continue;
    if (isLinked(kind, placing.cache.placeOf(digest), target)) return;
    try {
      if (kind === "copy") copyObject(placing.cache, digest, folder, name);
      else linkObject(placing, digest, folder, name, kind);
      if (isExecutable) chmodSync(target, statSync(target).mode | 0o100);
      const key = `${digest.isLegacy ? "legacy:" : ""}${folder}`;
      const print = fingerprint(statSync(target, { bigint: true }));
      placing.index.remember(key, name, { print, md5: digest.md5 });
      return;
    } catch (error) {
      if (kind === "copy" || !isRefusal(error)) throw error;
      refused.add(kind);
    }
  }
  copyObject(placing.cache, digest, folder, name);
}

/** Whether the target is the link it is to become: then there is nothing to do, and nothing to read. */
function isLinked(kind: LinkKind, source: string, target: string): boolean {
  const status = lstatSync(target, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) return false;
  if (kind === "symlink") return status.isSymbolicLink() && readlinkSync(target) === source;
  if (kind !== "hardlink" || !status.isFile()) return false;
  const object = statSync(source, { bigint: true, throwIfNoEntry: false });
  return object !== undefined && object.ino === status.ino && object.dev === status.dev;
}

function copyObject(cache: Cache, digest: PathDigest, folder: string, name: string): void {
  const source = cache.placeOf(digest);
  const aside = asideIn(folder);
  try {
    const size = statSync(source, { throwIfNoEntry: false })?.size;
    if (size === undefined) throw missingObject(digest.md5);
    if (size < pieceBytes) writeSmall(cache, digest, aside);
    else copyLarge(cache, digest, source, aside);
    renameSync(aside, `${folder}/${name}`);
  } catch (error) {
    removeQuietly(aside);
    throw error;
  }
}

function writeSmall(cache: Cache, digest: PathDigest, aside: string): void {
  const bytes = cache.read(digest);
  const file = openSync(aside, "wx");
  try {
    for (let offset = 0; offset < bytes.length;) offset += writeSync(file, bytes, offset);
  } finally {
    closeSync(file);
  }
}

function copyLarge(cache: Cache, digest: PathDigest, source: string, aside: string): void {
  copyFileSync(source, aside, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  chmodSync(aside, 0o666 & ~process.umask());
  if (digest.isLegacy) return;
  if (hashOf(aside) !== digest.md5) throw cache.setAside(digest);
}

function linkObject(
  { cache, index, isVerified }: Placing,
  digest: PathDigest,
  folder: string,
  name: string,
  kind: Exclude<LinkKind, "copy">,
): void {
  const source = cache.placeOf(digest);
  if (isVerified !== true) verifyObject(cache, index, digest);
  const aside = asideIn(folder);
  try {
    if (kind === "hardlink") linkSync(source, aside);
    else if (kind === "symlink") symlinkSync(source, aside);
    else {
      copyFileSync(source, aside, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
      chmodSync(aside, 0o666 & ~process.umask());
    }
    // Renaming a hard link onto another of the same file would do nothing and leave both; those are not linked anew.
    renameSync(aside, `${folder}/${name}`);
  } catch (error) {
    removeQuietly(aside);
    throw error;
  }
}

/**
 * Holds an object against its name; one that was verified before and has not changed since is not read
 * again. Throws `dvc_object_missing`, `dvc_object_damaged`.
 */
export function verifyObject(cache: Cache, index: StatIndex, digest: PathDigest): void {
  const place = cache.placeOf(digest);
  const status = statSync(place, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) throw missingObject(digest.md5);
  const slash = place.lastIndexOf("/");
  const [folder, name] = [place.slice(0, slash), place.slice(slash + 1)];
  const print = fingerprint(status);
  // A hard link more or less changes the time of the last change only, so links are verified anew.
  if (index.folder(folder)?.get(name)?.print === print) return;
  const isSound = digest.isLegacy
    ? (cache.read(digest), true)
    : hashOf(place) === digest.md5.replace(/\.dir$/, "");
  if (!isSound) throw cache.setAside(digest);
  index.remember(folder, name, { print, md5: digest.md5 });
}

function hashOf(place: string): string {
  if (statSync(place).size < pieceBytes) return hash("md5", readFileSync(place), "hex");
  const file = openSync(place, "r");
  try {
    const digest = createHash("md5");
    const buffer = Buffer.allocUnsafe(pieceBytes);
    for (;;) {
      const read = readSync(file, buffer, 0, pieceBytes, null);
      if (read === 0) return digest.digest("hex");
      digest.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}

function isRefusal(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return ["ENOTSUP", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOTTY", "ENOSYS", "EPERM", "EMLINK"].includes(
    String(code),
  );
}

function removeQuietly(place: string): void {
  try {
    unlinkSync(place);
  } catch {
    return;
  }
}
