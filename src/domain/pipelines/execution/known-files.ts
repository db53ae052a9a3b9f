import { readTree } from "#kernel/blobs";
import type { Blobs, StoredTree } from "#kernel/blobs";
import { digestOf } from "#kernel/digest";
import type { Digest } from "#kernel/digest";

import { foldersAbove } from "../definition/path-set.ts";
import type { StepOut } from "../entities.ts";
import type { InputReader } from "./cache-key.ts";
import { digestListing } from "./file-digests.ts";

/** Files by the digests of what they hold: an execution's folder, without the folder. */
export interface KnownFiles extends InputReader {
  addOuts(outs: readonly StepOut[]): Promise<void>;
  /** The files at and below a path, by their paths from the root. */
  within(path: string): ReadonlyMap<string, Digest>;
}

export interface KnownContent {
  readonly code: StoredTree;
  /** Texts of files that stand in place of those of the tree. */
  readonly texts: ReadonlyMap<string, string>;
  readonly datasets: readonly { readonly path: string; readonly digest: Digest }[];
}

export function createKnownFiles(blobs: Blobs, content: KnownContent): KnownFiles {
  const files = new Map<string, Digest>();
  const within = new Map<string, Set<string>>();
  const add = (path: string, digest: Digest): void => {
    if (!files.has(path)) {
      for (const folder of foldersAbove(path)) {
        const members = within.get(folder);
        if (members === undefined) within.set(folder, new Set([path]));
        else members.add(path);
      }
    }
    files.set(path, digest);
  };
  for (const file of content.code.files) add(file.path, file.digest);
  for (const [path, text] of content.texts) add(path, digestOf(text));
  for (const dataset of content.datasets) add(dataset.path, dataset.digest);

  return {
    async addOuts(outs) {
      for (const out of outs) {
        if (!out.isFolder) add(out.path, out.digest);
        else
          for (const file of (await readTree(blobs, out.digest)).files)
            add(`${out.path}/${file.path}`, file.digest);
      }
    },
    async digestOf(path) {
      const file = files.get(path);
      if (file !== undefined) return file;
      const members = within.get(path);
      if (members === undefined) return undefined;
      const prefix = path === "." ? 0 : path.length + 1;
      return digestListing(
        [...members].map((name) => ({ path: name.slice(prefix), digest: files.get(name) ?? "" })),
      );
    },
    within: (path) => new Map([path, ...(within.get(path) ?? [])].flatMap((name) => pairOf(files, name))),
    async readText(path) {
      const text = content.texts.get(path);
      if (text !== undefined) return text;
      const digest = files.get(path);
      return digest === undefined ? undefined : await blobs.readText(digest);
    },
  };
}

function pairOf(files: ReadonlyMap<string, Digest>, name: string): (readonly [string, Digest])[] {
  const digest = files.get(name);
  return digest === undefined ? [] : [[name, digest]];
}
