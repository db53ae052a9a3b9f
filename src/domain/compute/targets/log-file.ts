import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { onDisk } from "#kernel/disk";

import type { LogPart } from "./contract.ts";
import type { Work } from "./store.ts";

/** What pieces of work printed, a file for each. */
export interface WorkLogs {
  pathOf(work: string): string;
  sizeOf(work: string): Promise<number>;
  append(work: string, bytes: Uint8Array | string): Promise<void>;
  /** Reads on; the cursor is the number of bytes read so far. */
  read(work: Work, cursor?: string): Promise<LogPart>;
  remove(work: string): Promise<void>;
}

const readAtOnceBytes = 256 * 1024;

export function createWorkLogs(folder: string): WorkLogs {
  const pathOf = (work: string): string => join(folder, `${work}.log`);
  const sizeOf = async (work: string): Promise<number> =>
    (await stat(pathOf(work)).catch(() => undefined))?.size ?? 0;
  return {
    pathOf,
    sizeOf,
    async append(work, bytes) {
      await onDisk(folder, async () => {
        await mkdir(dirname(pathOf(work)), { recursive: true });
        const file = await open(pathOf(work), "a");
        try {
          await file.appendFile(bytes);
        } finally {
          await file.close();
        }
      });
    },
    async read(work, cursor = "0") {
      const hasEnded = work.status.endedAtMs !== null;
      const from = Math.max(0, Number.parseInt(cursor, 10) || 0);
      const size = await sizeOf(work.id);
      if (from >= size) return { text: "", cursor: String(from), isComplete: hasEnded };
      const file = await open(pathOf(work.id), "r");
      try {
        const buffer = Buffer.alloc(Math.min(readAtOnceBytes, size - from));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
        const isComplete = hasEnded && from + bytesRead >= size;
        const bytes = buffer.subarray(0, bytesRead);
        const whole = isComplete ? bytes : wholeCharacters(bytes);
        return { text: whole.toString("utf8"), cursor: String(from + whole.length), isComplete };
      } finally {
        await file.close();
      }
    },
    remove: async (work) => await rm(pathOf(work), { force: true }),
  };
}

/** Leaves off a character that was cut in two; it comes with the next part. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return length > back && bytes.length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
