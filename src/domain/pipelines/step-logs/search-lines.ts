import { isWhole, linesPerMark } from "./line-index.ts";
import type { LineIndex } from "./line-index.ts";
import { linesFrom } from "./read-lines.ts";

/** Where a text stands in a log, as far as it was searched. */
export interface LogHits {
  /** Numbers of lines, from 1. */
  readonly hits: readonly number[];
  /** Where to search on; null when all was searched. */
  readonly next: number | null;
  /** How much of the log that is, about. */
  readonly searchedBytes: number;
}

export interface LogSearch {
  /** Upper and lower case are the same. */
  readonly text: string;
  /** The line to begin with, from 1. */
  readonly from: number;
  /** How many hits at most. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** How long it may take; a log of a gigabyte is searched in several turns. */
  readonly withinMs?: number;
}

const usualMs = 1_000;

/** Searches the lines of a log as far as it was read. */
export async function searchLines(path: string, index: LineIndex, search: LogSearch): Promise<LogHits> {
  const needle = search.text.toLowerCase();
  const hits: number[] = [];
  if (needle === "") return upTo(index, hits, index.lines);
  // Of a log that is still being read the last line may go on: it is searched in the next turn.
  const last = isWhole(index) ? index.lines : Math.max(0, index.lines - 1);
  if (search.from > last) return upTo(index, hits, last);
  const mark = Math.floor((search.from - 1) / linesPerMark);
  let line = mark * linesPerMark;
  const untilMs = performance.now() + (search.withinMs ?? usualMs);
  for await (const some of linesFrom(path, index.marks[mark] ?? 0, index.sizeBytes)) {
    for (const text of some) {
      line += 1;
      if (line < search.from || line > last || !text.toLowerCase().includes(needle)) continue;
      hits.push(line);
      if (hits.length >= search.limit) return upTo(index, hits, line);
    }
    if (search.signal.aborted || performance.now() > untilMs) return upTo(index, hits, Math.min(line, last));
  }
  return upTo(index, hits, last);
}

function upTo(index: LineIndex, hits: readonly number[], line: number): LogHits {
  if (line >= index.lines && isWhole(index)) return { hits, next: null, searchedBytes: index.fileBytes };
  const searchedBytes = index.marks[Math.floor(line / linesPerMark)] ?? index.sizeBytes;
  return { hits, next: line + 1, searchedBytes };
}
