import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

import type { Digest } from "../digest.ts";
import type { Problem } from "../errors.ts";
import type { OpenObject } from "../s3/index.ts";
import { createBlockWriter } from "./block-writer.ts";
import { corrupt } from "./driver.ts";
import type { LocalCache } from "./local-cache.ts";

/**
 * Gives a download on while it arrives, and takes a copy of it. The last piece is held back until all of it
 * has its digest: who reads damaged bytes sees a download that breaks off, never one that is complete.
 */
export async function* passThrough(
  cache: LocalCache,
  { chunks, sizeBytes }: OpenObject,
  digest: Digest,
  onDamage: (error: Problem) => Problem,
): AsyncIterable<Uint8Array> {
  const hash = createHash("sha256");
  const copy = sizeBytes <= cache.limitBytes ? await beginCopy(cache) : undefined;
  let held: Uint8Array | undefined;
  let isRight = false;
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await copy?.take(chunk);
      if (held !== undefined) yield held;
      held = chunk;
    }
    const found = hash.digest("hex");
    if (found !== digest) throw onDamage(corrupt(digest, found));
    isRight = true;
  } finally {
    await copy?.end(isRight ? { digest, sizeBytes } : undefined);
  }
  if (held !== undefined) yield held;
}

interface Copy {
  take(chunk: Uint8Array): Promise<void>;
  /** Keeps the copy under its digest, or nothing of it. */
  end(kept: { readonly digest: Digest; readonly sizeBytes: number } | undefined): Promise<void>;
}

/** A copy only saves a later request: a disk that cannot take it keeps nobody from reading. */
async function beginCopy(cache: LocalCache): Promise<Copy | undefined> {
  try {
    const path = await cache.createPlace();
    const handle = await open(path, "wx", 0o444);
    const blocks = createBlockWriter(handle, { isSynced: false });
    let isWhole = true;
    const attempt = async (work: () => Promise<void> | void): Promise<void> => {
      if (!isWhole) return;
      try {
        await work();
      } catch {
        isWhole = false;
      }
    };
    return {
      take: async (chunk) => await attempt(() => blocks.take(chunk)),
      async end(kept) {
        if (kept !== undefined) await attempt(() => blocks.end());
        await blocks.settled();
        await handle.close();
        if (kept === undefined || !isWhole) return await cache.discard(path);
        await cache.adopt({ path, ...kept }).catch(() => {});
      },
    };
  } catch {
    return undefined;
  }
}
