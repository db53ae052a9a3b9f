import { readTree } from "#kernel/blobs";
import type { Blobs } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";

import type { StepOut } from "../entities.ts";

/** What is wrong with stored outs; undefined when every byte is as it was stored. */
export type Flaw = { readonly path: string; readonly how: "missing" | "damaged" } | undefined;

/** Looks whether results may be used: their bytes must have their digests. */
export interface VerifiedOuts {
  check(outs: readonly StepOut[]): Promise<Flaw>;
}

const checkedAtOnce = 16;

/** A damaged object is deleted, so that a step that makes it anew stores it anew. */
export function createVerifiedOuts(blobs: Blobs): VerifiedOuts {
  async function checkDigest(digest: Digest): Promise<"missing" | "damaged" | undefined> {
    const condition = await blobs.inspect(digest);
    if (condition === "damaged") await blobs.delete(digest);
    if (condition !== "sound") return condition;
    // It is taken over without being put: garbage collection must know that it is going to be in use.
    return (await blobs.renew(digest)) ? undefined : "missing";
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

async function firstFlaw<Part>(parts: readonly Part[], look: (part: Part) => Promise<Flaw>): Promise<Flaw> {
  for (let start = 0; start < parts.length; start += checkedAtOnce) {
    const flaws = await Promise.all(parts.slice(start, start + checkedAtOnce).map(look));
    const flaw = flaws.find((found) => found !== undefined);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}
