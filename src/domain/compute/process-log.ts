import { mkdir, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { StringDecoder } from "node:string_decoder";

import { systemCode } from "#kernel/disk";

import type { Mask } from "./mask.ts";

/** The log of a process: everything it printed, up to a limit, in a file that is only appended to. */
export interface ProcessLog {
  /** Resolves when the chunk is written; false when it passed the limit, which was then written up to. */
  write(chunk: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

// A program that never ends its line (a progress bar, a binary file) must not fill the memory.
const longestLine = 10_000;

/** Opens the log at its end, or makes it and its folder; what it holds already counts towards the limit. */
export async function openProcessLog(
  path: string,
  maximumBytes: number,
  onLine: (line: string) => void,
  mask?: Mask,
): Promise<ProcessLog> {
  const file = await openOrMake(path);
  const decoder = new StringDecoder("utf8");
  let sizeBytes = (await file.stat()).size;
  let pending = "";

  const splitLines = (text: string): void => {
    const lines = (pending + text).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) onLine(presentLine(line));
    if (pending.length > longestLine) pending = afterLastReturn(pending).slice(0, longestLine);
  };
  const append = async (chunk: Uint8Array): Promise<boolean> => {
    const kept = chunk.subarray(0, Math.max(0, maximumBytes - sizeBytes));
    sizeBytes += kept.length;
    await file.appendFile(kept);
    splitLines(decoder.write(Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength)));
    return kept.length === chunk.length;
  };
  return {
    write: async (chunk) => await append(mask === undefined ? chunk : mask.hide(chunk)),
    async close() {
      if (mask !== undefined) await append(mask.rest());
      splitLines(decoder.end());
      if (pending !== "") onLine(presentLine(pending));
      await file.close();
    },
  };
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, "a");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    await mkdir(dirname(path), { recursive: true });
    return await open(path, "a");
  }
}

function presentLine(line: string): string {
  return afterLastReturn(line.replace(/\r$/, "")).slice(0, longestLine);
}

/** What a terminal shows of a line that a progress bar drew again and again. */
function afterLastReturn(line: string): string {
  return line.slice(line.lastIndexOf("\r") + 1);
}
