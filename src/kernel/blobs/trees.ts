import { lstat, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";

import { z } from "zod";

import { canonicalJson } from "../digest.ts";
import type { Digest } from "../digest.ts";
import { onDisk, systemCode } from "../disk.ts";
import { Problem } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { Blobs } from "./index.ts";
import { isSafePath, requireSafePath } from "./paths.ts";
import { problems } from "./problems.ts";
import { openStatCache } from "./stat-cache.ts";
import type { StatCache } from "./stat-cache.ts";

/** One file of a tree. `path` is relative to the tree, with forward slashes. */
export interface TreeFile {
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly executable: boolean;
}

/** The files of a folder, sorted by path. Empty folders do not count. */
export interface Tree {
  readonly files: readonly TreeFile[];
}

/** A tree and the digest of its listing: equal digests, equal paths, contents and executable bits. */
export interface StoredTree extends Tree {
  readonly digest: Digest;
}

export interface PutTreeOptions {
  /** Says of a path, relative to the folder and with a final `/` for folders, that it is left out. */
  readonly ignore?: (path: string) => boolean;
  /** A file that remembers digests by size, times and inode, so that unchanged files are not read again. */
  readonly statCachePath?: string;
}

/** Stores every file of the folder and the listing of them. Throws `unsafe_path` at a link or a special file. */
export async function putTree(
  blobs: Blobs,
  folder: string,
  options: PutTreeOptions = {},
): Promise<StoredTree> {
  const paths = await listFiles(folder, "", options.ignore ?? (() => false));
  const cache = await openStatCache(options.statCachePath);
  const files: TreeFile[] = [];
  for (let start = 0; start < paths.length; start += filesAtOnce) {
    const batch = paths.slice(start, start + filesAtOnce);
    files.push(...(await Promise.all(batch.map((path) => putOne(blobs, folder, path, cache)))));
  }
  await cache.save();
  return await storeListing(blobs, { files });
}

/** Reads back a listing that `putTree` stored. */
export async function readTree(blobs: Blobs, digest: Digest): Promise<StoredTree> {
  const listing = listingSchema.parse(JSON.parse(await blobs.readText(digest)));
  const files = listing.files.map((file) => ({
    path: file.path,
    digest: file.digest,
    sizeBytes: file.size_bytes,
    executable: file.executable,
  }));
  return { digest, files };
}

/**
 * Writes the files of the tree into the folder; files already there and not in the tree stay.
 * Throws `unsafe_path` for a path that leaves the folder, also through a link that lies in it.
 */
export async function materialiseTree(blobs: Blobs, tree: Tree, folder: string): Promise<void> {
  for (const file of tree.files) requireSafePath(file.path);
  await onDisk(folder, () => mkdir(folder, { recursive: true }));
  const checked = new Set<string>();
  for (const file of tree.files) await refuseLinksAbove(folder, file.path, checked);
  // Several at a time, because each may come from another machine.
  await inParallel(tree.files, filesAtOnce, async (file) => {
    await blobs.materialise(file.digest, join(folder, file.path), { mode: file.executable ? 0o755 : 0o644 });
  });
}

const filesAtOnce = 8;
const format = "gyre-tree-1";

const listingSchema = z.strictObject({
  format: z.literal(format),
  files: z.array(
    z.strictObject({
      path: z.string().refine(isSafePath, "leaves its folder"),
      digest: z.string().regex(/^[0-9a-f]{64}$/),
      size_bytes: z.int().nonnegative(),
      executable: z.boolean(),
    }),
  ),
});

async function storeListing(blobs: Blobs, tree: Tree): Promise<StoredTree> {
  const files = tree.files.map((file) => ({
    path: file.path,
    digest: file.digest,
    size_bytes: file.sizeBytes,
    executable: file.executable,
  }));
  const { digest } = await blobs.put(Buffer.from(canonicalJson({ format, files })));
  return { digest, files: tree.files };
}

async function putOne(blobs: Blobs, folder: string, path: string, cache: StatCache): Promise<TreeFile> {
  const absolute = join(folder, path);
  const status = await lstat(absolute, { bigint: true });
  const executable = (status.mode & 0o100n) !== 0n;
  const known = cache.digestOf(path, status);
  // A file that is not read again is not put either: it has to stay as if it was.
  if (known !== undefined && (await blobs.renew(known))) {
    cache.keep(path);
    return { path, digest: known, sizeBytes: Number(status.size), executable };
  }
  const startedAtMs = cache.nowMs();
  const stored = await blobs.putFile(absolute);
  cache.remember(path, status, stored.digest, startedAtMs);
  return { path, digest: stored.digest, sizeBytes: stored.sizeBytes, executable };
}

async function listFiles(
  folder: string,
  below: string,
  ignore: (path: string) => boolean,
): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = `${below}${entry.name}`;
    if (ignore(entry.isDirectory() ? `${path}/` : path)) continue;
    requireSafePath(path);
    if (entry.isDirectory()) found.push(...(await listFiles(folder, `${path}/`, ignore)));
    else if (entry.isFile()) found.push(path);
    else throw notAPlainFile(folder, path);
  }
  // By code unit, as the listing's digest must not depend on the reader's language.
  return found.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function notAPlainFile(folder: string, path: string): Problem {
  return new Problem(problems.unsafe_path, {
    message: `${join(folder, path)} is a link or a special file; only plain files are stored.`,
    next: "Replace it by the file it points to, or leave it out.",
    data: { path },
  });
}

async function refuseLinksAbove(folder: string, path: string, checked: Set<string>): Promise<void> {
  for (let parent = dirname(path); parent !== "." && !checked.has(parent); parent = dirname(parent)) {
    checked.add(parent);
    try {
      if ((await lstat(join(folder, parent))).isSymbolicLink()) throw notAPlainFile(folder, parent);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
}
