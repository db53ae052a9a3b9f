import { open } from "node:fs/promises";

import type { Digest } from "../digest.ts";
import { createBlockWriter } from "./block-writer.ts";
import { hashing } from "./driver.ts";
import { makingFolder } from "./folders.ts";
import type { StoredBlob } from "./index.ts";

/**
 * Writes a stream to a new file and says what it was. A file that is not `isSynced` may be gone, or full of
 * zeros, after a power cut. Throws `blob_corrupt` when it was not `expected`; what came until then stays.
 */
export async function writeHashed(
  path: string,
  source: AsyncIterable<Uint8Array>,
  options: { readonly expected?: Digest | undefined; readonly mode: number; readonly isSynced: boolean },
): Promise<StoredBlob> {
  const handle = await makingFolder(path, async () => await open(path, "wx", options.mode));
  const blocks = createBlockWriter(handle, { isSynced: options.isSynced });
  try {
    const stored = await hashing(source, options.expected, blocks.take);
    await blocks.end();
    if (options.isSynced) await handle.sync();
    return stored;
  } finally {
    await blocks.settled();
    await handle.close();
  }
}
