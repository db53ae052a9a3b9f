import type { FileHandle } from "node:fs/promises";

const blockBytes = 1024 * 1024;
const syncEveryBytes = 32 * blockBytes;

/** Takes a stream's chunks, which must not change afterwards, and writes them to a file in blocks. */
export interface BlockWriter {
  /** Resolves when the writer has room for more: at most two blocks are in memory. */
  take(chunk: Uint8Array): Promise<void> | void;
  /** Writes what is left. Throws what a write before it threw. */
  end(): Promise<void>;
  /** Resolves when nothing is under way, whatever came of it: then the file may be closed. */
  settled(): Promise<void>;
}

/**
 * A socket brings 64 KiB at a time: a write for each cost a third of an upload. So they are collected,
 * and a block is on its way to the disk while the next one is received and hashed. Where the file is synced
 * in the end, the disk is asked to work from early on, because a gigabyte that waits for the last `sync`
 * waits for all of the disk's time.
 */
export function createBlockWriter(
  handle: FileHandle,
  { isSynced }: { readonly isSynced: boolean },
): BlockWriter {
  let block: Uint8Array[] = [];
  let inBlock = 0;
  let unsynced = 0;
  let writing: Promise<void> = Promise.resolve();
  let syncing: Promise<unknown> | undefined;
  let failure: { readonly error: unknown } | undefined;

  const flush = async (): Promise<void> => {
    const full = block;
    unsynced += inBlock;
    block = [];
    inBlock = 0;
    await writing;
    writing = writeAll(handle, full);
    writing.catch(() => {});
    if (!isSynced || unsynced < syncEveryBytes || syncing !== undefined) return;
    unsynced = 0;
    syncing = handle.datasync().then(
      () => (syncing = undefined),
      // The system tells a failed write to one sync only, so this one has to keep it for the end.
      (error: unknown) => (failure = { error }),
    );
  };

  return {
    take(chunk) {
      block.push(chunk);
      inBlock += chunk.byteLength;
      return inBlock < blockBytes ? undefined : flush();
    },
    async end() {
      await flush();
      await writing;
      await syncing;
      if (failure !== undefined) throw failure.error;
    },
    async settled() {
      await Promise.allSettled([writing, syncing]);
    },
  };
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return;
  const { bytesWritten } = await handle.writev(chunks);
  const total = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  // A disk with little room takes a part; the next write says why.
  if (bytesWritten < total) await handle.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}
