import { lstat } from "node:fs/promises";
import { join } from "node:path";

import { putTree } from "#kernel/blobs";
import type { Blobs } from "#kernel/blobs";

import type { WorkOut } from "../contract.ts";

/** What is there of the outs; links are not. */
export async function collectOuts(
  blobs: Blobs,
  root: string,
  outs: readonly string[],
): Promise<readonly WorkOut[]> {
  const found: WorkOut[] = [];
  for (const path of outs) {
    const status = await lstat(join(root, path)).catch(() => undefined);
    if (status?.isFile() === true)
      found.push({ path, isFolder: false, ...(await blobs.putFile(join(root, path))) });
    if (status?.isDirectory() !== true) continue;
    const tree = await putTree(blobs, join(root, path), { ignore: isLeftover });
    const sizeBytes = tree.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    found.push({ path, digest: tree.digest, sizeBytes, isFolder: true });
  }
  return found;
}

/** What Python leaves behind is no result. */
export function isLeftover(path: string): boolean {
  const names = path.replace(/\/$/, "").split("/");
  return names.some((name) => name === "__pycache__" || name.endsWith(".pyc"));
}
