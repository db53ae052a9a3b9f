import { createHash, hash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";

import { Problem } from "#kernel/errors";

import type { PathDigest } from "../formats/entries.ts";
import { problems } from "../problems.ts";
import { asideIn } from "./half-written.ts";
import { legacyDigest } from "./legacy-digest.ts";

// An object is read-only: whoever links it into a work tree must not write through the link.
const objectMode = 0o444;
const pieceBytes = 4 * 1024 * 1024;
const isMasked = (process.umask() & objectMode) !== 0;
const newFileFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
let piece: Buffer | undefined;

/**
 * Writes an object under the digest of its bytes: aside first, then renamed, so that a file with a digest
 * for a name is whole. One that is there already is left, if it is what its name says.
 */
export function storeBytes(objects: string, md5: string, bytes: Uint8Array): void {
  const names = namesIn(objects, md5);
  if (names.has(md5) && isSound(objects, md5, bytes)) return;
  writeAside(objects, md5, bytes);
  names.add(md5);
}

/**
 * Stores a large file and returns its digest, which is taken of the bytes that were stored; nothing is kept where
 * another was expected.
 */
export function storeLarge(
  objects: string,
  place: string,
  file: number,
  expected: string | undefined,
): string {
  mkdirSync(objects, { recursive: true });
  const aside = asideIn(objects);
  try {
    const md5 = cloneAndHash(place, aside) ?? copyAndHash(file, aside);
    if (expected === undefined || md5 === expected) moveInto(objects, md5, aside);
    else removeQuietly(aside);
    return md5;
  } catch (error) {
    removeQuietly(aside);
    throw error;
  }
}

/**
 * Stores what a download writes, if it is what its name says; false when there was nothing to download.
 * Throws `dvc_object_damaged`.
 */
export async function storeDownload(
  root: string,
  digest: PathDigest,
  download: (place: string) => Promise<boolean>,
): Promise<boolean> {
  mkdirSync(`${root}/${digest.md5.slice(0, 2)}`, { recursive: true });
  const aside = asideIn(`${root}/${digest.md5.slice(0, 2)}`);
  try {
    if (!(await download(aside))) return false;
    refuseDamaged(aside, digest);
    chmodSync(aside, objectMode);
    moveInto(root, digest.md5, aside);
    return true;
  } catch (error) {
    removeQuietly(aside);
    throw error;
  }
}

function refuseDamaged(aside: string, { md5, isLegacy }: PathDigest): void {
  const file = openSync(aside, "r");
  let found: string;
  try {
    const digest = createHash("md5");
    forEachPiece(file, (piece) => digest.update(piece));
    found = digest.digest("hex");
    if (isLegacy && found !== md5.replace(/\.dir$/, "")) found = legacyDigest(file);
  } finally {
    closeSync(file);
  }
  if (found === md5.replace(/\.dir$/, "")) return;
  throw new Problem(problems.dvc_object_damaged, {
    message: `The object ${md5} came from the remote with other bytes: they have the digest ${found}.`,
    next: "Let somebody whose cache has it take it out of the remote and push it again.",
    data: { md5, found },
  });
}

/** Where an object lies: two digits make the folder. */
export function objectPlace(objects: string, md5: string): string {
  return `${objects}/${md5.slice(0, 2)}/${md5.slice(2)}`;
}

// Whole names by folder of objects; a folder of two digits is read once: looking into a set costs less than
// asking the disk 25,000 times.
const present = new Map<string, { readonly prefixes: Set<string>; readonly md5s: Set<string> }>();

function namesIn(objects: string, md5: string): Set<string> {
  let known = present.get(objects);
  if (known === undefined) present.set(objects, (known = { prefixes: new Set(), md5s: new Set() }));
  const prefix = md5.slice(0, 2);
  if (known.prefixes.has(prefix)) return known.md5s;
  mkdirSync(`${objects}/${prefix}`, { recursive: true });
  for (const name of readdirSync(`${objects}/${prefix}`)) known.md5s.add(`${prefix}${name}`);
  known.prefixes.add(prefix);
  return known.md5s;
}

/** Whether the object that is there has the bytes we hold; one that has not is replaced. */
function isSound(objects: string, md5: string, bytes: Uint8Array): boolean {
  const place = objectPlace(objects, md5);
  try {
    if (statSync(place).size !== bytes.length) return false;
    return hash("md5", readFileSync(place), "hex") === md5.replace(/\.dir$/, "");
  } catch {
    return false;
  }
}

function writeAside(objects: string, md5: string, bytes: Uint8Array): void {
  const aside = asideIn(`${objects}/${md5.slice(0, 2)}`);
  try {
    inFolderOf(objects, md5, () => writeObject(aside, bytes));
    renameSync(aside, objectPlace(objects, md5));
  } catch (error) {
    removeQuietly(aside);
    throw error;
  }
}

/** Does what needs the object's folder, which may have gone since it was looked at: somebody has emptied the cache. */
function inFolderOf(objects: string, md5: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    present.delete(objects);
    namesIn(objects, md5);
    work();
  }
}

/** Makes a file that is not there yet. */
export function writeObject(place: string, bytes: Uint8Array): void {
  const file = openSync(place, newFileFlags, objectMode);
  try {
    if (isMasked) fchmodSync(file, objectMode);
    for (let offset = 0; offset < bytes.length;)
      offset += writeSync(file, bytes, offset, bytes.length - offset);
  } finally {
    closeSync(file);
  }
}

function moveInto(objects: string, md5: string, aside: string): void {
  namesIn(objects, md5);
  inFolderOf(objects, md5, () => renameSync(aside, objectPlace(objects, md5)));
  namesIn(objects, md5).add(md5);
}

/** On file systems that share blocks between files a copy costs nothing; undefined on the others. */
function cloneAndHash(place: string, aside: string): string | undefined {
  try {
    copyFileSync(place, aside, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
  } catch {
    removeQuietly(aside);
    return undefined;
  }
  const file = openSync(aside, "r");
  try {
    fchmodSync(file, objectMode);
    const digest = createHash("md5");
    forEachPiece(file, (piece) => digest.update(piece));
    return digest.digest("hex");
  } finally {
    closeSync(file);
  }
}

function copyAndHash(source: number, aside: string): string {
  const target = openSync(aside, "wx", objectMode);
  try {
    fchmodSync(target, objectMode);
    const digest = createHash("md5");
    forEachPiece(source, (piece) => {
      digest.update(piece);
      for (let offset = 0; offset < piece.length;) offset += writeSync(target, piece, offset);
    });
    return digest.digest("hex");
  } finally {
    closeSync(target);
  }
}

/** Gives the bytes of a file in pieces that are only lent: the next one overwrites them. */
function forEachPiece(file: number, take: (piece: Buffer) => void): void {
  // One for all files: to make room for each of many small ones took four fifths of fetching them.
  piece ??= Buffer.allocUnsafeSlow(pieceBytes);
  for (let position = 0; ;) {
    const read = readSync(file, piece, 0, pieceBytes, position);
    if (read === 0) return;
    take(piece.subarray(0, read));
    position += read;
  }
}

function removeQuietly(place: string): void {
  try {
    unlinkSync(place);
  } catch {
    return;
  }
}
