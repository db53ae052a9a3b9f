import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { createHash, hash } from "node:crypto";

import { legacyDigest } from "./legacy-digest.ts";
import { openMd5Batch, paddingBytes } from "./md5/digest-many.ts";
import type { Message } from "./md5/digest-many.ts";
import { stageBytes } from "./staged-objects.ts";
import { fingerprint, isRacy, recordText } from "./file-print.ts";
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
  readonly sizes: readonly number[];
  /** Records for the index of them, without the files that may change unnoticed and must not be remembered. */
  readonly records: string;
}

export const nothingHashed: HashedFiles = { md5s: [], sizes: [], records: "" };

// Up to this size files are hashed many at once; a read of it costs less than the switch to another way.
const smallBytes = 64 * 1024;
// Enough for the lanes to be full, and little enough to stay in a processor's cache until it is stored.
const batchFiles = 64;
const batch = openMd5Batch(8 * smallBytes);
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
  const small = new SmallFiles(order, md5s);
  let doneBytes = 0;
  // Counted, here and below: a pair for each file is what the collector of garbage would live on.
  for (let index = 0; index < names.length && doneBytes < orderBytes; index++) {
    const place = `${folder}/${names[index] ?? ""}`;
    const readAtMs = Date.now() + clockOffsetMs;
    const file = openUnnoticed(place);
    try {
      const status = fstatSync(file, { bigint: true });
      const size = Number(status.size);
      if (isLegacy) md5s[index] = legacyDigest(file);
      else if (!small.take(index, file, size)) md5s[index] = hashOne(file, place, size, order, index);
      prints.push(isRacy(status, readAtMs) ? notToBeKept : fingerprint(status));
      sizes.push(size);
      doneBytes += size;
    } finally {
      closeSync(file);
    }
  }
  small.finish();
  return { md5s, sizes, records: recordsOf(names, md5s, prints) };
}

const notToBeKept = "";

/** Made here, by many threads, and not where all of it comes together. */
function recordsOf(names: readonly string[], md5s: readonly string[], prints: readonly string[]): string {
  let records = "";
  for (let index = 0; index < prints.length; index++) {
    const [name = "", print = notToBeKept, md5 = ""] = [names[index], prints[index], md5s[index]];
    if (print !== notToBeKept) records += recordText(name, { print, md5 });
  }
  return records;
}

/** Small files of an order, read one after the other, hashed and stored together. */
class SmallFiles {
  readonly #order: HashOrder;
  readonly #md5s: string[];
  readonly #indexes: number[] = [];
  readonly #messages: Message[] = [];
  #end = batch.firstByte;

  /** `md5s` is where the digests go, each at the index of its file. */
  constructor(order: HashOrder, md5s: string[]) {
    this.#order = order;
    this.#md5s = md5s;
  }

  /** Reads a file, if it is small. */
  take(index: number, file: number, size: number): boolean {
    if (size > smallBytes) return false;
    const length = readAll(file, { bytes: batch.bytes, start: this.#end, room: smallBytes + 1 }, size);
    // It has grown since.
    if (length > smallBytes) return false;
    this.#indexes.push(index);
    this.#messages.push({ start: this.#end, length });
    this.#md5s[index] = "";
    this.#end += length + paddingBytes;
    const room = batch.bytes.length - this.#end;
    if (this.#messages.length === batchFiles || room < smallBytes + paddingBytes) this.finish();
    return true;
  }

  finish(): void {
    const md5s = batch.digest(this.#messages);
    for (let place = 0; place < md5s.length; place++) {
      const [index, message, md5] = [this.#indexes[place], this.#messages[place], md5s[place]];
      if (index === undefined || message === undefined || md5 === undefined) continue;
      this.#md5s[index] = md5;
      store(this.#order, index, md5, batch.bytes.subarray(message.start, message.start + message.length));
    }
    this.#indexes.length = 0;
    this.#messages.length = 0;
    this.#end = batch.firstByte;
  }
}

interface Target {
  readonly bytes: Buffer;
  readonly start: number;
  readonly room: number;
}

/** Reads up to the end, or until there is no room; gives the number of bytes. */
function readAll(file: number, { bytes, start, room }: Target, size: number): number {
  for (let length = 0; ;) {
    const read = readSync(file, bytes, start + length, room - length, length);
    length += read;
    // As long as it was: whoever appends to it now changes its times, and it will be read again.
    if (read === 0 || length === size || length === room) return length;
  }
}

/** Stores the bytes where a cache is named, unless they are not what they ought to be. */
function store({ objects, staged, expected }: HashOrder, index: number, md5: string, bytes: Buffer): void {
  const wanted = expected?.[index];
  if (objects === undefined || (wanted !== undefined && md5 !== wanted)) return;
  if (staged === undefined || !stageBytes(objects, staged, md5, bytes)) storeBytes(objects, md5, bytes);
}

/** What was found of one order in parts. */
export function joinHashed(parts: readonly HashedFiles[]): HashedFiles {
  return {
    md5s: parts.flatMap(({ md5s }) => md5s),
    sizes: parts.flatMap(({ sizes }) => sizes),
    records: parts.map(({ records }) => records).join(""),
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

function hashOne(file: number, place: string, size: number, order: HashOrder, index: number): string {
  const length =
    size < pieceBytes ? readAll(file, { bytes: buffer, start: 0, room: pieceBytes }, size) : pieceBytes;
  // It is large, or has grown to be.
  if (length === pieceBytes)
    return order.objects === undefined
      ? hashLarge(file)
      : storeLarge(order.objects, place, file, order.expected?.[index]);
  const bytes = buffer.subarray(0, length);
  const md5 = hash("md5", bytes, "hex");
  store(order, index, md5, bytes);
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
