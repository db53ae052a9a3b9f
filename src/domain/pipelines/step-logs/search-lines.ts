import { linesPerMark } from "./line-index.ts";
import type { LineIndex } from "./line-index.ts";
import { linesFrom } from "./read-lines.ts";

/** Where a text stands in a log, as far as it was searched. */
export interface LogHits {
  /** Numbers of lines, from 1. */
  readonly hits: readonly number[];
  /** Where to search on; null when all was searched. */
  readonly next: number | null;
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

/** Searches the lines of a log. */
export async function searchLines(path: string, index: LineIndex, search: LogSearch): Promise<LogHits> {
  const needle = search.text.toLowerCase();
  const hits: number[] = [];
  if (needle === "" || search.from > index.lines) return { hits, next: null };
  const mark = Math.floor((search.from - 1) / linesPerMark);
  let line = mark * linesPerMark;
  const untilMs = performance.now() + (search.withinMs ?? usualMs);
  for await (const some of linesFrom(path, index.marks[mark] ?? 0, index.sizeBytes)) {
    for (const text of some) {
      line += 1;
      if (line < search.from || !text.toLowerCase().includes(needle)) continue;
      hits.push(line);
      if (hits.length >= search.limit) return { hits, next: line < index.lines ? line + 1 : null };
    }
    if (search.signal.aborted || performance.now() > untilMs)
      return { hits, next: line < index.lines ? line + 1 : null };
  }
  return { hits, next: null };
}
