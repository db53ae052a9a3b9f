import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createHash, hash } from "node:crypto";

import { legacyDigest } from "./legacy-digest.ts";
import { fingerprint, isRacy } from "./stat-index.ts";
import { storeBytes, storeLarge } from "./store-object.ts";

/** Files of one folder to be hashed, and stored where a cache is named. */
export interface HashOrder {
  readonly folder: string;
  readonly names: readonly string[];
  /** As DVC 2 did it: line ends of texts made alike. */
  readonly isLegacy: boolean;
  /** The folder of objects; undefined when only digests are wanted. */
  readonly objects: string | undefined;
  readonly clockOffsetMs: number;
}

/** Of every name what was found, in order. */
export interface HashedFiles {
  readonly md5s: readonly string[];
  /** Empty for a file that may change unnoticed and must not be remembered. */
  readonly prints: readonly string[];
  readonly sizes: readonly number[];
  readonly executable: readonly boolean[];
}

// Up to this size a file is read at once and stored from memory; beyond, it is read in pieces of it.
const pieceBytes = 4 * 1024 * 1024;
const buffer = Buffer.allocUnsafeSlow(pieceBytes);

/**
 * Reads files once each: digest and stored copy come of the same bytes, so an object is what its name
 * says even while somebody writes the file.
 */
export function hashFiles({ folder, names, isLegacy, objects, clockOffsetMs }: HashOrder): HashedFiles {
  const md5s: string[] = [];
  const prints: string[] = [];
  const sizes: number[] = [];
  const executable: boolean[] = [];
  for (const name of names) {
    const place = `${folder}/${name}`;
    const readAtMs = Date.now() + clockOffsetMs;
    const file = openSync(place, "r");
    try {
      const status = fstatSync(file, { bigint: true });
      const md5 = isLegacy ? legacyDigest(file) : hashOne(file, place, status.size, objects);
      md5s.push(md5);
      prints.push(isRacy(status, readAtMs) ? "" : fingerprint(status));
      sizes.push(Number(status.size));
      executable.push((status.mode & 0o111n) !== 0n);
    } finally {
      closeSync(file);
    }
  }
  return { md5s, prints, sizes, executable };
}

function hashOne(file: number, place: string, size: bigint, objects: string | undefined): string {
  if (size >= BigInt(pieceBytes))
    return objects === undefined ? hashLarge(file) : storeLarge(objects, place, file);
  let length = 0;
  for (;;) {
    const read = readSync(file, buffer, length, pieceBytes - length, null);
    length += read;
    // As long as it was: whoever appends to it now changes its times, and it will be read again.
    if (read === 0 || BigInt(length) === size) break;
    // It has grown since: from the start, the other way.
    if (length === pieceBytes) return hashOne(file, place, BigInt(pieceBytes), objects);
  }
  const bytes = buffer.subarray(0, length);
  const md5 = hash("md5", bytes, "hex");
  if (objects !== undefined) storeBytes(objects, md5, bytes);
  return md5;
}

function hashLarge(file: number): string {
  const digest = createHash("md5");
  for (let position = 0; ;) {
    const read = readSync(file, buffer, 0, pieceBytes, position);
    if (read === 0) return digest.digest("hex");
    digest.update(buffer.subarray(0, read));
    position += read;
  }
}
