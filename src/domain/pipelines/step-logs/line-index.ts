import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { findError } from "./error-lines.ts";
import { keepIndex, keptIndex } from "./kept-index.ts";

/**
 * Where the lines of a log begin, roughly: the place of every thousandth line, which is enough to open a
 * log of a gigabyte in its middle. A log is only appended to, so what was read once is not read again.
 */
export interface LineIndex {
  /** Of what was read. The last one counts also while it has not been ended. */
  readonly lines: number;
  /** How much of the file was read. */
  readonly sizeBytes: number;
  /** How much there is; more than was read while the index still follows. */
  readonly fileBytes: number;
  /** The first line that tells of an error, from 1; null when there is none in what was read. */
  readonly firstError: number | null;
  /** The byte at which line `1 + place × linesPerMark` begins, by place. */
  readonly marks: readonly number[];
}

export const linesPerMark = 1_000;

export interface LineIndexes {
  /**
   * Brings the index of the file up to what the file holds now; of a file that is not there it is empty.
   * After `withinMs` the answer is what was read by then, and the rest is read on: a gigabyte takes seconds.
   */
  read(path: string, options?: { readonly withinMs?: number }): Promise<LineIndex>;
}

export function isWhole(index: LineIndex): boolean {
  return index.sizeBytes >= index.fileBytes;
}

/** Keeps the indexes of the logs looked at last; those of large logs also beside them, for the next server. */
export function createLineIndexes(mostKept = 64): LineIndexes {
  const kept = new Map<string, Entry>();
  return {
    async read(path, { withinMs } = {}) {
      const entry = kept.get(path) ?? { index: undefined, work: Promise.resolve() };
      kept.delete(path);
      kept.set(path, entry);
      const oldest = kept.keys().next().value;
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
      // One reader at a time extends an index; the next finds it extended.
      const grown = entry.work.then(async () => {
        entry.index ??= (await keptIndex(path, await bytesOf(path))) ?? emptyIndex();
        await grow(entry.index, path);
      });
      entry.work = grown.catch(() => {});
      await within(grown, withinMs);
      const { ended, marks, sizeBytes, firstError, isOpen } = entry.index ?? emptyIndex();
      const fileBytes = Math.max(sizeBytes, await bytesOf(path));
      return { lines: ended + (isOpen ? 1 : 0), sizeBytes, fileBytes, firstError, marks };
    },
  };
}

interface Entry {
  /** Undefined until it was looked for beside the log. */
  index: GrowingIndex | undefined;
  work: Promise<unknown>;
}

export interface GrowingIndex {
  /** Lines that were ended by a line feed. */
  ended: number;
  /** Whether something stands behind the last line feed. */
  isOpen: boolean;
  sizeBytes: number;
  firstError: number | null;
  marks: number[];
  /** The line that was not ended yet, for the search of errors alone. */
  rest: string;
}

const chunkBytes = 1 << 20;
const longestRest = 4_000;
const lineFeed = 10;

async function bytesOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/** The end of the work, or only so long. */
async function within(work: Promise<void>, ms: number | undefined): Promise<void> {
  if (ms === undefined) return await work;
  const done = new AbortController();
  const late = sleep(ms, undefined, { signal: done.signal, ref: false }).catch(() => {});
  await Promise.race([work.finally(() => done.abort()), late]);
}

function emptyIndex(): GrowingIndex {
  return { ended: 0, isOpen: false, sizeBytes: 0, firstError: null, marks: [0], rest: "" };
}

async function grow(index: GrowingIndex, path: string): Promise<void> {
  const sizeBytes = await bytesOf(path);
  if (sizeBytes <= index.sizeBytes) return;
  const file = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, sizeBytes - index.sizeBytes));
    while (index.sizeBytes < sizeBytes) {
      const wanted = Math.min(buffer.length, sizeBytes - index.sizeBytes);
      const { bytesRead } = await file.read(buffer, 0, wanted, index.sizeBytes);
      if (bytesRead === 0) return;
      take(index, buffer.subarray(0, bytesRead));
      await keepIndex(path, index);
    }
  } finally {
    await file.close();
  }
}

function take(index: GrowingIndex, bytes: Buffer): void {
  if (index.firstError === null) lookForError(index, bytes);
  const start = index.sizeBytes;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) {
    index.ended += 1;
    if (index.ended % linesPerMark === 0) index.marks.push(start + at + 1);
  }
  index.isOpen = bytes.at(-1) !== lineFeed;
  index.sizeBytes = start + bytes.length;
}

/** A line that comes in two pieces is looked at whole. Latin 1 is enough: the words looked for are ASCII. */
function lookForError(index: GrowingIndex, bytes: Buffer): void {
  const text = index.rest + bytes.toString("latin1");
  const at = findError(text);
  if (at !== undefined) {
    index.firstError = index.ended + 1 + text.slice(0, at).split("\n").length - 1;
    index.rest = "";
  } else index.rest = text.slice(text.lastIndexOf("\n") + 1).slice(-longestRest);
}
