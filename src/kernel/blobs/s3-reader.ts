import type { FileHandle } from "node:fs/promises";

import type { Digest } from "../digest.ts";
import { Problem } from "../errors.ts";
import type { Bucket, OpenObject } from "../s3/index.ts";
import { chunkBytes } from "./driver.ts";
import type { BlobDriver, OpenBlob } from "./driver.ts";
import type { ByteRange, Condition } from "./index.ts";
import type { KnownBlobs } from "./known-blobs.ts";
import type { LocalCache } from "./local-cache.ts";
import { passThrough } from "./pass-through.ts";
import { problems } from "./problems.ts";

/** A digest has 64 hex digits, which `createBlobs` has looked at: so no key leaves the prefix. */
export function keyOf(digest: Digest): string {
  return `${digest.slice(0, 2)}/${digest.slice(2)}`;
}

export interface ReaderParts {
  readonly bucket: Bucket;
  readonly cache: LocalCache;
  readonly known: KnownBlobs;
}

// A range of a larger blob comes from the bucket as it is: to bring all of it for a few bytes would take too
// long, and only all of it can be verified.
const wholeBytes = 64 * 1024 * 1024;
// What is larger flows on while it arrives.
const heldBytes = 8 * 1024 * 1024;

/** Reads blobs from the bucket, through copies on this machine that are verified before anybody reads them. */
export function createReader(
  parts: ReaderParts,
): Required<Pick<BlobDriver, "open" | "localPath" | "useFile" | "inspect">> {
  const { bucket, cache, known } = parts;
  const downloads = new Map<Digest, Promise<boolean>>();

  /** Brings a copy here; false when the bucket has none. Many that ask at once wait for one download. */
  async function download(digest: Digest): Promise<boolean> {
    const under = downloads.get(digest) ?? bring(parts, digest).finally(() => downloads.delete(digest));
    downloads.set(digest, under);
    return await under;
  }

  /** What `find` gives, with a copy brought here first when there is none. */
  async function withCopy<Found>(
    digest: Digest,
    find: () => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    // A copy may go, or be found damaged, between its coming and its use; hardly twice.
    for (let tries = 0; tries < 3; tries++) {
      const found = await find();
      if (found !== undefined) return found;
      if (!(await download(digest))) return undefined;
    }
    return await find();
  }

  /** With one request, whether it is there and how large it is being in the answer. */
  async function openWhole(digest: Digest): Promise<OpenBlob | undefined> {
    const opened = await bucket.open(keyOf(digest));
    if (opened === undefined) return undefined;
    if (opened.sizeBytes > heldBytes) {
      const onDamage = (error: Problem): Problem => damaged(parts, digest, error);
      return { sizeBytes: opened.sizeBytes, chunks: passThrough(cache, opened, digest, onDamage) };
    }
    // What was damaged is asked for again below.
    await takeCopy(parts, digest, opened).catch(unlessDamage);
    return await openCopy(digest, { offset: 0 });
  }

  async function openCopy(digest: Digest, range: ByteRange): Promise<OpenBlob | undefined> {
    const copy = await withCopy(digest, async () => await cache.open(digest));
    return copy && (await openFile(copy, range));
  }

  async function open(digest: Digest, range: ByteRange): Promise<OpenBlob | undefined> {
    const copy = await cache.open(digest);
    if (copy !== undefined) return await openFile(copy, range);
    if (range.offset === 0 && range.length === undefined) return await openWhole(digest);
    const sizeBytes = known.sizeOf(digest) ?? (await bucket.head(keyOf(digest)))?.sizeBytes;
    if (sizeBytes === undefined) return undefined;
    if (sizeBytes <= wholeBytes) return await openCopy(digest, range);
    if (range.length === 0 || range.offset >= sizeBytes) return { sizeBytes, chunks: nothing() };
    const opened = await bucket.open(keyOf(digest), range);
    return opened && { sizeBytes, chunks: opened.chunks };
  }

  /** What the bucket holds against its own digest needs not come here; an object of another's making does, once. */
  async function inspect(digest: Digest): Promise<Condition> {
    if (known.isDamaged(digest)) return "damaged";
    if (known.isSound(digest)) return "sound";
    const facts = await bucket.head(keyOf(digest));
    if (facts === undefined) return "missing";
    if (facts.sha256 !== undefined && facts.sha256 !== digest) return "damaged";
    if (facts.sha256 === undefined && !(await bringUnlessDamaged(digest))) return "damaged";
    known.remember(digest, facts.sizeBytes, { storedAtMs: facts.modifiedAtMs });
    return "sound";
  }

  async function bringUnlessDamaged(digest: Digest): Promise<boolean> {
    try {
      return await download(digest);
    } catch (error) {
      unlessDamage(error);
      return false;
    }
  }

  return {
    open,
    inspect,
    localPath: async (digest) => await withCopy(digest, async () => await cache.lend(digest)),
    useFile: async (digest, work) => await withCopy(digest, async () => await cache.use(digest, work)),
  };
}

/** Brings a copy here; false when the bucket has none. Bytes that were damaged on their way are right the second time. */
async function bring(parts: ReaderParts, digest: Digest): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    const opened = await parts.bucket.open(keyOf(digest));
    if (opened === undefined) return false;
    try {
      await takeCopy(parts, digest, opened);
      return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (tries === 2) throw damaged(parts, digest, error);
    }
  }
}

async function takeCopy({ cache, known }: ReaderParts, digest: Digest, opened: OpenObject): Promise<void> {
  const spooled = await cache.spool(opened.chunks, digest);
  await cache.adopt(spooled, { isWanted: true });
  known.remember(digest, spooled.sizeBytes);
}

async function openFile(file: FileHandle, { offset, length }: ByteRange): Promise<OpenBlob> {
  const { size: sizeBytes } = await file.stat();
  if (length === 0 || offset >= sizeBytes) {
    await file.close();
    return { sizeBytes, chunks: nothing() };
  }
  const end = length === undefined ? sizeBytes - 1 : offset + length - 1;
  const highWaterMark = Math.min(chunkBytes, end - offset + 1);
  return { sizeBytes, chunks: file.createReadStream({ start: offset, end, highWaterMark }) };
}

function unlessDamage(error: unknown): void {
  if (!isDamage(error)) throw error;
}

function isDamage(error: unknown): error is Problem {
  return error instanceof Problem && error.code === "blob_corrupt";
}

function damaged({ bucket, known }: ReaderParts, digest: Digest, cause: Problem): Problem {
  known.markDamaged(digest);
  return new Problem(problems.blob_corrupt, {
    message: `${bucket.address}/${keyOf(digest)} holds other bytes than its name says.`,
    next: "Make or send the content again, which puts it anew; and look who else writes to the bucket.",
    data: { ...cause.data, place: `${bucket.address}/${keyOf(digest)}` },
    cause,
  });
}

async function* nothing(): AsyncIterable<Uint8Array> {}
