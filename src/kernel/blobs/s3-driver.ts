import { join } from "node:path";

import type { Digest } from "../digest.ts";
import { Problem } from "../errors.ts";
import type { Bucket, ObjectContent } from "../s3/index.ts";
import { createBucketLeaving } from "./bucket-leaving.ts";
import { createBucketNotes } from "./bucket-notes.ts";
import { createDiskParts } from "./disk-parts.ts";
import { createBlobs } from "./driver.ts";
import type { ReadFile } from "./driver.ts";
import { abandonedAfterMs } from "./folders.ts";
import type { Blobs, StoredBlob } from "./index.ts";
import { createKnownBlobs } from "./known-blobs.ts";
import { createLocalCache } from "./local-cache.ts";
import type { Spooled } from "./local-cache.ts";
import { problems } from "./problems.ts";
import { createReader, keyOf } from "./s3-reader.ts";

export interface S3BlobsOptions {
  readonly bucket: Bucket;
  /** For copies, and for what is on its way: this machine's, for one process. */
  readonly cacheFolder: string;
  /** How much of it copies may take. */
  readonly cacheBytes: number;
}

export interface S3Blobs {
  readonly blobs: Blobs;
  /** Lists; with `writes` also writes and reads: all that a server needs. Throws the Problem that keeps it from doing so. */
  check(options: { readonly writes: boolean }): Promise<void>;
  close(): void;
}

/**
 * Keeps each blob as an object `ab/cdef…` below the bucket's prefix: the files of the disk driver under the
 * same names, so that a folder becomes a bucket by copying it.
 *
 * What arrives has no name before its last byte. So it is written to a file of this machine first, and put
 * under its digest in one piece that the server holds against its SHA-256: a bucket never has half a blob,
 * or a wrong one. The file stays as the first copy in the local cache.
 */
export function createS3Blobs({ bucket, cacheFolder, cacheBytes }: S3BlobsOptions): S3Blobs {
  const cache = createLocalCache({ folder: cacheFolder, limitBytes: cacheBytes });
  const known = createKnownBlobs();
  const reader = createReader({ bucket, cache, known });
  const notes = createBucketNotes(bucket);
  const leaving = createBucketLeaving(bucket, notes);
  const uploads = new Map<Digest, Promise<void>>();

  async function sizeOf(digest: Digest): Promise<number | undefined> {
    return known.sizeOf(digest) ?? (await ask(digest));
  }

  async function ask(digest: Digest): Promise<number | undefined> {
    const facts = await bucket.head(keyOf(digest));
    if (facts === undefined) known.forget(digest);
    // An object that says itself that it is another one counts as none: then it is put again.
    if (facts === undefined || (facts.sha256 ?? digest) !== digest) return undefined;
    known.remember(digest, facts.sizeBytes, {
      isSound: facts.sha256 !== undefined || known.isSound(digest),
      storedAtMs: facts.modifiedAtMs,
    });
    return facts.sizeBytes;
  }

  /** To ask costs as much as to send a little: only much is asked for. */
  async function isStored(digest: Digest, sizeBytes: number): Promise<boolean> {
    if (known.isDamaged(digest)) return false;
    const size = sizeBytes < askedFromBytes ? known.sizeOf(digest) : await sizeOf(digest);
    return size === sizeBytes && (await isYoungNow(digest, sizeBytes));
  }

  async function renew(digest: Digest): Promise<boolean> {
    if (known.isDamaged(digest)) return false;
    const sizeBytes = await sizeOf(digest);
    return sizeBytes !== undefined && (await isYoungNow(digest, sizeBytes));
  }

  /** Of what is there: whether it is young, or was made so. */
  async function isYoungNow(digest: Digest, sizeBytes: number): Promise<boolean> {
    if (!known.knowsAge(digest) && (await ask(digest)) !== sizeBytes) return false;
    return known.isYoung(digest) || (await makeYoung(digest, sizeBytes));
  }

  /** False when it is there no more. */
  async function makeYoung(digest: Digest, sizeBytes: number): Promise<boolean> {
    // What the server says it keeps of an object would be said anew of whatever it is: it must be known for sound.
    const outcome = known.isSound(digest) ? await bucket.putAgain(keyOf(digest), digest) : "impossible";
    if (outcome === "impossible") {
      const used = await reader.useFile(digest, async (file) => {
        await bucket.put(keyOf(digest), { file, sizeBytes, sha256: digest });
      });
      if (used === undefined) known.forget(digest);
      if (used === undefined) return false;
    }
    if (outcome === "absent" || !(await leaving.wasSpared(digest))) {
      known.forget(digest);
      return false;
    }
    known.remember(digest, sizeBytes, { storedAtMs: Date.now() });
    return true;
  }

  async function upload({ digest, sizeBytes, path }: Spooled): Promise<void> {
    if (await isStored(digest, sizeBytes)) return;
    const content = { file: path, sizeBytes, sha256: digest };
    const isDamaged = known.isDamaged(digest);
    const wasThere = known.sizeOf(digest) !== undefined;
    if (isDamaged || wasThere) await putOver(digest, content);
    else if (!(await bucket.put(keyOf(digest), content, { isNew: true }))) {
      // There already, as we learn only now: of what age?
      if ((await sizeOf(digest)) === sizeBytes && known.isYoung(digest)) return;
      await putOver(digest, content);
    }
    known.remember(digest, sizeBytes, { storedAtMs: Date.now() });
  }

  /** In place of what is there. It may just be going. */
  async function putOver(digest: Digest, content: Extract<ObjectContent, { file: string }>): Promise<void> {
    await bucket.put(keyOf(digest), content);
    if (!(await leaving.wasSpared(digest))) await bucket.put(keyOf(digest), content);
  }

  async function store(source: AsyncIterable<Uint8Array>, expected: Digest | undefined): Promise<StoredBlob> {
    return await bring(await cache.spool(source, expected));
  }

  async function storeFile(file: ReadFile): Promise<boolean> {
    const copy = await cache.copyIn(file);
    if (copy !== undefined) await bring(copy);
    return copy !== undefined;
  }

  async function bring(spooled: Spooled): Promise<StoredBlob> {
    const { digest, sizeBytes } = spooled;
    try {
      // Many that bring the same content wait for the first of them.
      const under = uploads.get(digest) ?? upload(spooled).finally(() => uploads.delete(digest));
      uploads.set(digest, under);
      await under;
      await cache.adopt(spooled);
      return { digest, sizeBytes };
    } catch (error) {
      await cache.discard(spooled.path);
      throw error;
    }
  }

  const blobs = createBlobs({
    store,
    storeFile,
    isStored,
    renew,
    sizeOf,
    open: reader.open,
    openStored: async (digest) => await bucket.open(keyOf(digest)),
    localPath: reader.localPath,
    useFile: reader.useFile,
    keepLocal: cache.keep,
    inspect: reader.inspect,
    async *list() {
      for await (const { key, sizeBytes, modifiedAtMs } of bucket.list(""))
        if (/^[0-9a-f]{2}\/[0-9a-f]{62}$/.test(key))
          yield { digest: key.replace("/", ""), sizeBytes, storedAtMs: modifiedAtMs };
    },
    async remove(digest) {
      known.forget(digest);
      await bucket.remove([keyOf(digest)]);
      await cache.remove(digest);
    },
    async removeOlder(digests, beforeMs) {
      const removed = await leaving.remove(digests, beforeMs);
      for (const digest of removed) {
        known.forget(digest);
        await cache.remove(digest);
      }
      return removed;
    },
    notes,
    records: notes,
    // A part is read once more, by the server it came to: through the bucket it would travel three times.
    parts: createDiskParts({ folder: join(cacheFolder, "parts") }),
  });

  return {
    blobs,
    async check({ writes }) {
      if (!writes) return await firstOf(bucket.list("00/"));
      await Promise.all([bucket.put(formatKey, Buffer.from(format)), firstOf(bucket.list("00/"))]);
      const found = await bucket.read(formatKey);
      if (found === undefined || Buffer.from(found).toString() !== format) throw notKept(bucket);
      // Uploads of a server that was killed: nobody sees them, but they cost. Not everybody may list them.
      bucket.endAbandonedUploads(Date.now() - abandonedAfterMs).catch(() => {});
    },
    close: () => bucket.close(),
  };
}

const askedFromBytes = 256 * 1024;
/** Says what the objects beside it are; a later form of them would say so here. */
const formatKey = "format";
const format = "gyre blobs 1\n";

async function firstOf(listed: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of listed) return;
}

function notKept({ address }: Bucket): Problem {
  return new Problem(problems.blob_corrupt, {
    message: `${address}/${formatKey} does not read as it was written a moment ago.`,
    next: "Look at the object, and whether a cache or another program stands between Gyre and the bucket.",
  });
}
