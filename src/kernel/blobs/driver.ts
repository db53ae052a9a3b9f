import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, constants, copyFile, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { digestOf } from "../digest.ts";
import type { Digest } from "../digest.ts";
import { onDisk } from "../disk.ts";
import { Problem } from "../errors.ts";
import type {
  BlobNotes,
  BlobRecords,
  Blobs,
  ByteRange,
  Condition,
  ListedBlob,
  NamedPart,
  StoredBlob,
  UploadParts,
} from "./index.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { problems } from "./problems.ts";

/**
 * What a place for bytes must do; `createBlobs` makes the rest from it. The memory driver is the
 * specification, and `contract.test.ts` holds every driver to it.
 */
export interface BlobDriver {
  /**
   * Takes the bytes in, durably, under the digest that `hashing` (below) finds while they pass; all
   * or nothing. Concurrent stores of one content are fine.
   */
  store(source: AsyncIterable<Uint8Array>, expected: Digest | undefined): Promise<StoredBlob>;
  /**
   * Takes in a file that was found to be this blob, without reading it once more. False when the file is no
   * longer as it was then: `store` is the way.
   */
  storeFile?(file: ReadFile): Promise<boolean>;
  /**
   * Whether storing it again can be spared, as far as that can be told for less than storing it would cost.
   * Never true of what is not there. What it is true of is young from now on (`ages.ts`).
   */
  isStored(digest: Digest, sizeBytes: number): Promise<boolean>;
  /** Makes it young; false for what is not there. */
  renew(digest: Digest): Promise<boolean>;
  sizeOf(digest: Digest): Promise<number | undefined>;
  /** Undefined for what is not there. */
  open(digest: Digest, range: ByteRange): Promise<OpenBlob | undefined>;
  /** Where `open` may read a copy: the stored bytes themselves. */
  openStored?(digest: Digest): Promise<OpenBlob | undefined>;
  /** Undefined for what is not there. */
  localPath(digest: Digest): Promise<string | undefined>;
  /** Where a local file may go when nobody uses it: lets it be used as long as the work takes. */
  useFile?(digest: Digest, work: (path: string) => Promise<void>): Promise<"done" | undefined>;
  keepLocal(holder: string, digests: Iterable<Digest>): void;
  inspect(digest: Digest): Promise<Condition>;
  list(): AsyncIterable<ListedBlob>;
  remove(digest: Digest): Promise<void>;
  /**
   * Removes those that were stored last before that time, and says which. One that is made young at this moment,
   * also by another process, is not lost to whoever made it so.
   */
  removeOlder(digests: readonly Digest[], beforeMs: number): Promise<readonly Digest[]>;
  readonly parts: UploadParts;
  readonly notes: BlobNotes;
  readonly records?: BlobRecords;
}

/** A file as it was when it was read. */
export interface ReadFile extends StoredBlob {
  readonly path: string;
  readonly fingerprint: string;
}

export interface OpenBlob {
  /** Of the whole, whatever the range. */
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export function createBlobs(driver: BlobDriver): Blobs {
  const open = async (digest: Digest, range: ByteRange): Promise<OpenBlob> => {
    const opened = await driver.open(requireDigest(digest), range);
    if (opened === undefined) throw missing(digest);
    return opened;
  };

  async function put(source: Uint8Array | AsyncIterable<Uint8Array>, expected?: Digest): Promise<StoredBlob> {
    if (!(source instanceof Uint8Array)) return await driver.store(source, expected);
    const digest = digestOf(source);
    if (expected !== undefined && expected !== digest) throw corrupt(expected, digest);
    const sizeBytes = source.byteLength;
    if (await driver.isStored(digest, sizeBytes)) return { digest, sizeBytes };
    return await driver.store(once(source), digest);
  }

  async function* read(digest: Digest, range: ByteRange = { offset: 0 }): AsyncIterable<Uint8Array> {
    yield* (await open(digest, range)).chunks;
  }

  async function readBytes(digest: Digest): Promise<Uint8Array> {
    const { sizeBytes, chunks } = await open(digest, { offset: 0 });
    const bytes = new Uint8Array(sizeBytes);
    let offset = 0;
    for await (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return bytes;
  }

  async function useFile(digest: Digest, work: (path: string) => Promise<void>): Promise<void> {
    if (driver.useFile === undefined) return await work(await localPath(digest));
    if ((await driver.useFile(requireDigest(digest), work)) === undefined) throw missing(digest);
  }

  async function localPath(digest: Digest): Promise<string> {
    const path = await driver.localPath(requireDigest(digest));
    if (path === undefined) throw missing(digest);
    return path;
  }

  return {
    put,
    async putFile(path) {
      const { size } = await stat(path);
      if (size <= inMemoryBytes) return await put(await readFile(path));
      // Reading a file twice costs less than writing, and syncing, content that is there already.
      const fingerprint = await settledFingerprint(path);
      const stored = await hashing(await openFile(path), undefined, () => {});
      if (await driver.isStored(stored.digest, stored.sizeBytes)) return stored;
      if (fingerprint !== undefined && (await driver.storeFile?.({ ...stored, path, fingerprint })) === true)
        return stored;
      return await driver.store(await openFile(path), undefined);
    },
    has: async (digest) => (await driver.sizeOf(requireDigest(digest))) !== undefined,
    sizeOf: async (digest) => await driver.sizeOf(requireDigest(digest)),
    read,
    readBytes,
    readText: async (digest) => new TextDecoder().decode(await readBytes(digest)),
    async materialise(digest, targetPath, options = {}) {
      await useFile(digest, async (path) => await copyOut(path, targetPath, options.mode ?? 0o644));
    },
    localPath,
    keepLocal: (holder, digests) => driver.keepLocal(holder, digests),
    async verify(digest) {
      const opened = await (driver.openStored?.(requireDigest(digest)) ??
        driver.open(requireDigest(digest), { offset: 0 }));
      return opened !== undefined && (await digestOfChunks(opened.chunks)) === digest;
    },
    inspect: async (digest) => await driver.inspect(requireDigest(digest)),
    renew: async (digest) => await driver.renew(requireDigest(digest)),
    list: () => driver.list(),
    delete: async (digest) => await driver.remove(requireDigest(digest)),
    deleteOlder: async (digests, beforeMs) =>
      digests.length === 0 ? [] : await driver.removeOlder(digests.map(requireDigest), beforeMs),
    parts: driver.parts,
    notes: driver.notes,
    ...(driver.records === undefined ? {} : { records: driver.records }),
  };
}

export const chunkBytes = 1024 * 1024;

// Within a tick of the file system's clock a change does not show: so young a file is read again.
const settledAfterMs = 2_000;

/** What changes whenever the file does; undefined for one that was changed a moment ago. */
async function settledFingerprint(path: string): Promise<string | undefined> {
  const { mtimeMs, ctimeMs } = await stat(path);
  // File times are the system's, so they are compared with the system's clock.
  return Math.max(mtimeMs, ctimeMs) < Date.now() - settledAfterMs ? await fingerprintOf(path) : undefined;
}

// A stream costs ten calls to the system, most of a small file's time.
const inMemoryBytes = 256 * 1024;

/** A stream allocates its whole chunk at once; a pipeline of small files spent a third of its time collecting them. */
async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  const { size } = await stat(path);
  return createReadStream(path, { highWaterMark: Math.min(chunkBytes, size + 1) });
}

/** Passes the chunks on to `take` and returns what they were. Throws `blob_corrupt` when not `expected`. */
export async function hashing(
  source: AsyncIterable<Uint8Array>,
  expected: Digest | undefined,
  take: (chunk: Uint8Array) => void | Promise<void>,
): Promise<StoredBlob> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of source) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
    await take(chunk);
  }
  const digest = hash.digest("hex");
  if (expected !== undefined && expected !== digest) throw corrupt(expected, digest);
  return { digest, sizeBytes };
}

export async function digestOfFile(path: string): Promise<Digest> {
  if ((await stat(path)).size <= inMemoryBytes) return digestOf(await readFile(path));
  return await digestOfChunks(await openFile(path));
}

/** A digest becomes a path and a key, so nothing but 64 hex digits may pass. */
export function requireDigest(digest: Digest): Digest {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new Problem(problems.blob_missing, {
    message: `"${digest.slice(0, 80)}" is not a SHA-256 digest in hex.`,
  });
}

/** A note's name becomes a path and a key. */
export function requireNoteName(name: string): string {
  if (/^[a-z0-9-]+(\/[a-z0-9-]+)*$/.test(name)) return name;
  throw new Error(`${JSON.stringify(name)} is no name of a record`);
}

/** A part's number and digest become a file's name. */
export function requirePart(part: NamedPart): NamedPart {
  requireDigest(part.digest);
  if (Number.isSafeInteger(part.number) && part.number > 0) return part;
  throw new Error(`${part.number} is no number of a part`);
}

/** The caller makes the names of uploads, so another form is a mistake of ours. */
export function requireUpload(upload: string): string {
  if (/^[A-Za-z0-9]{1,100}$/.test(upload)) return upload;
  throw new Error("the name of an upload holds more than letters and digits");
}

export function partMissing({ number }: NamedPart): Problem {
  return new Problem(problems.upload_part_missing, {
    message: `Part ${number} of the upload has not arrived with the bytes announced.`,
    data: { part: number },
  });
}

export function missing(digest: Digest): Problem {
  return new Problem(problems.blob_missing, {
    message: `No content with the digest ${digest} is stored here.`,
    data: { digest },
  });
}

async function digestOfChunks(chunks: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

export function corrupt(expected: Digest, found: Digest): Problem {
  return new Problem(problems.blob_corrupt, {
    message: `The bytes have the digest ${found}, not ${expected} as announced.`,
    data: { expected, found },
  });
}

export async function* once(chunk: Uint8Array): AsyncIterable<Uint8Array> {
  yield chunk;
}

/** Copies beside the target and renames, so that a reader never sees half a file. */
async function copyOut(from: string, targetPath: string, mode: number): Promise<void> {
  const folder = dirname(targetPath);
  await onDisk(folder, async () => {
    await mkdir(folder, { recursive: true });
    const temporary = join(folder, `.${randomUUID()}.part`);
    try {
      await copyFile(from, temporary, constants.COPYFILE_FICLONE);
      await chmod(temporary, mode);
      await rename(temporary, targetPath);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}
