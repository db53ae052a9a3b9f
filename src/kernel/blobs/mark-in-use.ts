import { setImmediate as nextTurn } from "node:timers/promises";

import { z } from "zod";

import type { Digest } from "../digest.ts";
import { Problem } from "../errors.ts";
import { createDigestSet } from "./digest-set.ts";
import type { DigestSet } from "./digest-set.ts";
import type { Blobs } from "./index.ts";
import { readTree } from "./trees.ts";

/** Something that refers to content. */
export interface HeldBlob {
  readonly digest: Digest;
  /** Whether it is the listing of a folder, whose files are in use with it. */
  readonly isTree: boolean;
}

/** Who refers to content, and to what. */
export interface BlobHolder {
  /** For people, such as `tracking`. */
  readonly name: string;
  readonly blobsInUse: () => AsyncIterable<HeldBlob>;
}

export interface InUse {
  readonly digests: DigestSet;
  /** Listings that are in use and cannot be read: nobody knows which files are in use with them. */
  readonly unreadable: readonly UnreadableListing[];
}

export interface UnreadableListing {
  readonly digest: Digest;
  readonly holder: string;
}

export interface MarkOrder {
  readonly blobs: Blobs;
  readonly holders: readonly BlobHolder[];
  /** Runs the reading of all holders so that they tell how things stood at one moment. */
  readonly atOneMoment: (read: () => Promise<void>) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

// Who reads a local database never waits, so others must be let in.
const betweenTurns = 1_000;

/**
 * Reads everything that is referred to. First what the holders name, at one moment; then the files of the
 * listings among it, which never change and so may be read at any time.
 */
export async function markInUse({ blobs, holders, atOneMoment, signal }: MarkOrder): Promise<InUse> {
  const digests = createDigestSet();
  const trees = createDigestSet();
  let turn = 0;
  const letOthersIn = async (): Promise<void> => {
    turn++;
    if (turn % betweenTurns !== 0) return;
    signal?.throwIfAborted();
    await nextTurn();
  };

  await atOneMoment(async () => {
    for (const holder of holders) {
      for await (const { digest, isTree } of holder.blobsInUse()) {
        digests.add(digest);
        if (isTree) trees.add(digest);
        await letOthersIn();
      }
    }
  });

  const unreadable = new Set<Digest>();
  for (const tree of trees) {
    signal?.throwIfAborted();
    const files = await filesOf(blobs, tree);
    if (files === undefined) unreadable.add(tree);
    for (const digest of files ?? []) {
      digests.add(digest);
      await letOthersIn();
    }
  }
  return { digests, unreadable: unreadable.size === 0 ? [] : await nameHolders(holders, unreadable) };
}

/** There are hardly ever any, so who names them is asked only then. */
async function nameHolders(
  holders: readonly BlobHolder[],
  unreadable: Set<Digest>,
): Promise<readonly UnreadableListing[]> {
  const named: UnreadableListing[] = [];
  for (const { name, blobsInUse } of holders)
    for await (const { digest, isTree } of blobsInUse())
      if (isTree && unreadable.delete(digest)) named.push({ digest, holder: name });
  // What nobody names any more went since the moment at which all were asked.
  return named;
}

/** Undefined for a listing that is gone, or no longer what it was. What else goes wrong ends the collection. */
async function filesOf(blobs: Blobs, tree: Digest): Promise<readonly Digest[] | undefined> {
  try {
    return (await readTree(blobs, tree)).files.map((file) => file.digest);
  } catch (error) {
    const isDamaged = error instanceof SyntaxError || error instanceof z.ZodError;
    const isGone = error instanceof Problem && ["blob_missing", "blob_corrupt"].includes(error.code);
    if (isDamaged || isGone) return undefined;
    throw error;
  }
}
