import type { BigIntStats } from "node:fs";

/** What is remembered of a file. */
export interface IndexedFile {
  readonly print: string;
  readonly md5: string;
}

/** What makes a file the same file; the size stands third, for those who need it. */
export function fingerprint(status: BigIntStats): string {
  return `${status.dev}:${status.ino}:${status.size}:${status.mtimeNs}:${status.ctimeNs}`;
}

export function sizeOfPrint(print: string): number {
  const start = print.indexOf(":", print.indexOf(":") + 1) + 1;
  return Number(print.slice(start, print.indexOf(":", start)));
}

// Kernels stamp files with the time of their last tick, at most 10 ms ago; FAT counts in steps of 2 s.
const fineTickNs = 20_000_000n;
const coarseTickNs = 2_000_000_000n;

/** Whether a file read at `readAtMs` (of the file system's clock) might change once more unnoticed. */
export function isRacy(status: BigIntStats, readAtMs: number): boolean {
  const tick = status.ctimeNs % 1_000_000n === 0n ? coarseTickNs : fineTickNs;
  return status.ctimeNs >= BigInt(Math.floor(readAtMs)) * 1_000_000n - tick;
}

/** A file as the index writes it down. */
export function recordText(name: string, { print, md5 }: IndexedFile): string {
  return `${name}\0${print}\0${md5}\0`;
}
