import { stat } from "node:fs/promises";

import { readTree } from "#kernel/blobs";
import type { Blobs } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";
import { Problem } from "#kernel/errors";

import type { StepOut } from "../entities.ts";
import { digestFile } from "./file-digests.ts";

/** What is wrong with stored outs; undefined when every byte is as it was stored. */
export type Flaw = { readonly path: string; readonly how: "missing" | "damaged" } | undefined;

/** Looks whether results may be used: their bytes are read and must have their digests. */
export interface VerifiedOuts {
  check(outs: readonly StepOut[]): Promise<Flaw>;
}

const checkedAtOnce = 16;
const rememberedDigests = 200_000;

/**
 * The bytes behind a digest are read once, and again when size, times or inode of their file are no
 * longer those that were read. A damaged object is deleted, so that a step that makes it anew stores it
 * anew.
 */
export function createVerifiedOuts(blobs: Blobs): VerifiedOuts {
  const sound = new Map<Digest, { readonly file: string; readonly status: string }>();

  async function checkDigest(digest: Digest): Promise<"missing" | "damaged" | undefined> {
    const known = sound.get(digest);
    if (known !== undefined && (await statusOf(known.file)) === known.status) return undefined;
    const file = await blobs.localPath(digest).catch((error: unknown) => {
      if (error instanceof Problem && error.kind === "not_found") return undefined;
      throw error;
    });
    if (file === undefined) return "missing";
    const status = await statusOf(file);
    if ((await digestFile(file, (await stat(file)).size)) !== digest) {
      sound.delete(digest);
      await blobs.delete(digest);
      return "damaged";
    }
    if (sound.size >= rememberedDigests) sound.clear();
    sound.set(digest, { file, status });
    return undefined;
  }

  async function checkOut(out: StepOut): Promise<Flaw> {
    const own = await checkDigest(out.digest);
    if (own !== undefined) return { path: out.path, how: own };
    if (!out.isFolder) return undefined;
    const { files } = await readTree(blobs, out.digest);
    return await firstFlaw(files, async (file) => {
      const how = await checkDigest(file.digest);
      return how === undefined ? undefined : { path: `${out.path}/${file.path}`, how };
    });
  }

  return { check: async (outs) => await firstFlaw(outs, checkOut) };
}

/** Empty where there is no file. */
async function statusOf(file: string): Promise<string> {
  const status = await stat(file, { bigint: true }).catch(() => undefined);
  return status === undefined ? "" : [status.size, status.mtimeNs, status.ctimeNs, status.ino].join(":");
}

async function firstFlaw<Part>(parts: readonly Part[], look: (part: Part) => Promise<Flaw>): Promise<Flaw> {
  for (let start = 0; start < parts.length; start += checkedAtOnce) {
    const flaws = await Promise.all(parts.slice(start, start + checkedAtOnce).map(look));
    const flaw = flaws.find((found) => found !== undefined);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}
