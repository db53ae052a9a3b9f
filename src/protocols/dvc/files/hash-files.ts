import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { createHash, hash } from "node:crypto";

import { legacyDigest } from "./legacy-digest.ts";
import { stageBytes } from "./staged-objects.ts";
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
  /** Where small objects wait for the end of a large add. */
  readonly staged: string | undefined;
  /** The digests the files ought to have, in order; one that has another is not stored. */
  readonly expected?: readonly string[];
  readonly clockOffsetMs: number;
}

/** Of the names what was found, in order; where the files are large, of the first of them only. */
export interface HashedFiles {
  readonly md5s: readonly string[];
  /** Empty for a file that may change unnoticed and must not be remembered. */
  readonly prints: readonly string[];
  readonly sizes: readonly number[];
}

// Up to this size a file is read at once and stored from memory; beyond, it is read in pieces of it.
const pieceBytes = 4 * 1024 * 1024;
const buffer = Buffer.allocUnsafeSlow(pieceBytes);
// After so much an order is given back, for other threads to take their part of it.
const orderBytes = 64 * 1024 * 1024;

/**
 * Reads files once each: digest and stored copy come of the same bytes, so an object is what its name
 * says even while somebody writes the file.
 */
export function hashFiles(order: HashOrder): HashedFiles {
  const { folder, names, isLegacy, clockOffsetMs } = order;
  const md5s: string[] = [];
  const prints: string[] = [];
  const sizes: number[] = [];
  let doneBytes = 0;
  for (const [index, name] of names.entries()) {
    if (doneBytes >= orderBytes) break;
    const place = `${folder}/${name}`;
    const readAtMs = Date.now() + clockOffsetMs;
    const file = openUnnoticed(place);
    try {
      const status = fstatSync(file, { bigint: true });
      const md5 = isLegacy
        ? legacyDigest(file)
        : hashOne(file, place, status.size, order, order.expected?.[index]);
      md5s.push(md5);
      prints.push(isRacy(status, readAtMs) ? "" : fingerprint(status));
      sizes.push(Number(status.size));
      doneBytes += Number(status.size);
    } finally {
      closeSync(file);
    }
  }
  return { md5s, prints, sizes };
}

/** What was found of one order in parts. */
export function joinHashed(parts: readonly HashedFiles[]): HashedFiles {
  return {
    md5s: parts.flatMap(({ md5s }) => md5s),
    prints: parts.flatMap(({ prints }) => prints),
    sizes: parts.flatMap(({ sizes }) => sizes),
  };
}

// Linux only. To note the time of a reading would make every file read a file to be written: 3 % of an add.
let readFlags = constants.O_RDONLY | (constants.O_NOATIME ?? 0);

/** The system refuses to leave the time alone in files of other people. */
function openUnnoticed(place: string): number {
  try {
    return openSync(place, readFlags);
  } catch (error) {
    if (
      readFlags === constants.O_RDONLY ||
      !(error instanceof Error && "code" in error && error.code === "EPERM")
    )
      throw error;
    readFlags = constants.O_RDONLY;
    return openSync(place, readFlags);
  }
}

function hashOne(
  file: number,
  place: string,
  size: bigint,
  order: HashOrder,
  expected: string | undefined,
): string {
  const { objects, staged } = order;
  if (size >= BigInt(pieceBytes))
    return objects === undefined ? hashLarge(file) : storeLarge(objects, place, file, expected);
  let length = 0;
  for (;;) {
    const read = readSync(file, buffer, length, pieceBytes - length, null);
    length += read;
    // As long as it was: whoever appends to it now changes its times, and it will be read again.
    if (read === 0 || BigInt(length) === size) break;
    // It has grown since: from the start, the other way.
    if (length === pieceBytes) return hashOne(file, place, BigInt(pieceBytes), order, expected);
  }
  const bytes = buffer.subarray(0, length);
  const md5 = hash("md5", bytes, "hex");
  if (objects === undefined || (expected !== undefined && md5 !== expected)) return md5;
  if (staged === undefined || !stageBytes(objects, staged, md5, bytes)) storeBytes(objects, md5, bytes);
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
