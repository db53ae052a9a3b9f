import type { Digest } from "../digest.ts";

export { createDiskBlobs } from "./disk-driver.ts";
export { createMemoryBlobs } from "./memory-driver.ts";
export { createS3Blobs } from "./s3-driver.ts";
export type { S3Blobs, S3BlobsOptions } from "./s3-driver.ts";
export { openBlobs } from "./open-blobs.ts";
export type { BlobStore, BlobStoreOptions } from "./open-blobs.ts";
export { materialiseTree, putTree, readTree } from "./trees.ts";
export type { PutTreeOptions, StoredTree, Tree, TreeFile } from "./trees.ts";
export { streamBlob } from "./stream.ts";
export { collectGarbage } from "./collect-garbage.ts";
export type { BlobHolder, Collection, CollectionOrder, HeldBlob } from "./collect-garbage.ts";
export { defaultGraceMs, renewedAfterMs, shortestGraceMs } from "./ages.ts";
export { createDigestSet } from "./digest-set.ts";
export type { DigestSet } from "./digest-set.ts";
export { createKnownDatabases } from "./known-databases.ts";
export type { KnownDatabase, KnownDatabases } from "./known-databases.ts";
export { isSafePath, requireSafePath } from "./paths.ts";

/** A part of a blob: `length` bytes from `offset`; to the end when `length` is absent. */
export interface ByteRange {
  readonly offset: number;
  readonly length?: number;
}

export interface StoredBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface ListedBlob extends StoredBlob {
  /** When it was stored last, by the clock of whoever keeps it; see `ages.ts`. */
  readonly storedAtMs: number;
}

/** A part as it was acknowledged: its place in the whole, from 1, and what it held. */
export interface NamedPart {
  readonly number: number;
  readonly digest: Digest;
}

/**
 * Parts of a whole that arrive separately and in any order. They are not blobs: nothing refers to them,
 * and they go when the upload ends, or a day after it was last heard of. `upload` is a name of letters
 * and digits that the caller keeps apart from others.
 */
export interface UploadParts {
  /** All or nothing. A number that arrives again with other bytes is another part. */
  put(upload: string, number: number, source: AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /** The parts one after the other. Throws `upload_part_missing` before the first byte. */
  read(upload: string, parts: readonly NamedPart[]): AsyncIterable<Uint8Array>;
  /** Absent parts are removed already. */
  remove(upload: string): Promise<void>;
}

/**
 * Small texts beside the blobs, by names that the caller chooses: parts of letters, digits and hyphens with
 * slashes between them. The last writer counts.
 */
export interface BlobRecords {
  read(name: string): Promise<Uint8Array | undefined>;
  write(name: string, bytes: Uint8Array): Promise<void>;
}

/** Records that can be listed and go again: what concerns the store itself. Every store has them. */
export interface BlobNotes extends BlobRecords {
  /** The names that begin so and a slash. */
  list(folder: string): Promise<readonly string[]>;
  remove(name: string): Promise<void>;
}

export type Condition = "sound" | "missing" | "damaged";

/**
 * Bytes addressed by the SHA-256 of their content: what is stored under a digest never changes, and
 * storing it twice stores it once. What was put is durable when the promise resolves.
 *
 * Questions about absent content throw `blob_missing`; `has` and `sizeOf` answer instead.
 */
export interface Blobs {
  /** Throws `blob_corrupt`, storing nothing, when the bytes are not those of `expected`. */
  put(source: Uint8Array | AsyncIterable<Uint8Array>, expected?: Digest): Promise<StoredBlob>;
  /** Stores a copy of the file at `path`. */
  putFile(path: string): Promise<StoredBlob>;
  has(digest: Digest): Promise<boolean>;
  sizeOf(digest: Digest): Promise<number | undefined>;
  read(digest: Digest, range?: ByteRange): AsyncIterable<Uint8Array>;
  readBytes(digest: Digest): Promise<Uint8Array>;
  readText(digest: Digest): Promise<string>;
  /** Writes a copy the caller owns to `targetPath`, making its folder; replaces what is there. `mode` is 0o644 by default. */
  materialise(digest: Digest, targetPath: string, options?: { readonly mode?: number }): Promise<void>;
  /**
   * A local file with the content, for programs that read files. It is shared: never write to it. It stays for
   * an hour at least; for longer where `keepLocal` names it.
   */
  localPath(digest: Digest): Promise<string>;
  /** Exactly these local files stay for this holder, until it names others. */
  keepLocal(holder: string, digests: Iterable<Digest>): void;
  /** Reads the content again and says whether it still has its digest; false also when it is absent. */
  verify(digest: Digest): Promise<boolean>;
  /**
   * Whether the content can be relied on, as cheaply as that can be told: a file is read once and again when
   * its size, times or inode changed; of an object in a bucket the digest that the bucket keeps is asked for.
   * Damage that was met in reading is remembered until the content is put again.
   */
  inspect(digest: Digest): Promise<Condition>;
  /**
   * Says that content is going to be referred to that was not put for it, such as a result that was found; false
   * when it is not there. Garbage collection spares it then as if it had been put (`ages.ts`). Of a listing it
   * says nothing of the files.
   */
  renew(digest: Digest): Promise<boolean>;
  list(): AsyncIterable<ListedBlob>;
  /** Of content that is damaged, whatever refers to it. Absent content is deleted already. */
  delete(digest: Digest): Promise<void>;
  /** Deletes what was stored last before that time, and says what that was. Only garbage collection may call this. */
  deleteOlder(digests: readonly Digest[], beforeMs: number): Promise<readonly Digest[]>;
  readonly parts: UploadParts;
  /** Of the store itself. */
  readonly notes: BlobNotes;
  /** What those who share the store tell each other; undefined where nobody else can have it. */
  readonly records?: BlobRecords;
}
