import { open } from "node:fs/promises";

import { isErrorLine } from "./error-lines.ts";
import { present } from "./read-lines.ts";
import type { LogLines } from "./read-lines.ts";

const chunkBytes = 256 * 1024;
const mostBytes = 4 << 20;
const lineFeed = 10;

/**
 * The last lines of a file of so many bytes, read from its end, so that it takes the same time however long
 * the file is. Their numbers are not known: they count from the end, the last one is -1. Fewer than asked for
 * where they are very long.
 */
export async function readTail(path: string, sizeBytes: number, count: number): Promise<LogLines> {
  const bytes = await bytesFromEnd(path, sizeBytes, count);
  const pieces = bytes.toString("utf8").split("\n");
  if (pieces.at(-1) === "") pieces.pop();
  const lines = pieces.slice(-count).map(present);
  const from = -lines.length;
  return { from, lines, errors: lines.flatMap((line, place) => (isErrorLine(line) ? [from + place] : [])) };
}

/** As many bytes as hold so many lines, from where the first of them begins. */
async function bytesFromEnd(path: string, sizeBytes: number, count: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    let bytes = Buffer.alloc(0);
    for (let start = sizeBytes; start > 0 && bytes.length < mostBytes;) {
      const wanted = Math.min(chunkBytes, start);
      start -= wanted;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, start);
      bytes = Buffer.concat([buffer.subarray(0, bytesRead), bytes]);
      const begin = beginOfLast(bytes, count);
      if (begin !== undefined) return bytes.subarray(begin);
      if (start === 0) return bytes;
    }
    // The first line is not whole: from the next one on, when there is a next one.
    return bytes.subarray(bytes.indexOf(lineFeed) + 1);
  } finally {
    await file.close();
  }
}

/** Where the last `count` lines begin; undefined when there are not so many. */
function beginOfLast(bytes: Buffer, count: number): number | undefined {
  let at = bytes.at(-1) === lineFeed ? bytes.length - 1 : bytes.length;
  for (let line = 0; line < count; line++) {
    if (at <= 0) return undefined;
    at = bytes.lastIndexOf(lineFeed, at - 1);
    if (at === -1) return undefined;
  }
  return at + 1;
}
