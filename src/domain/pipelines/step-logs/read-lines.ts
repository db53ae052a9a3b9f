import { open } from "node:fs/promises";

import { isErrorLine } from "./error-lines.ts";
import { linesPerMark } from "./line-index.ts";
import type { LineIndex } from "./line-index.ts";

/** Some lines of a log that follow each other. */
export interface LogLines {
  /** The number of the first one, from 1; negative when it counts from the end, the last one being -1. */
  readonly from: number;
  readonly lines: readonly string[];
  /** The numbers of those among them that tell of an error. */
  readonly errors: readonly number[];
}

const chunkBytes = 256 * 1024;
/** Of a line that is longer only the beginning is given; the file has the rest. */
const longestLine = 10_000;
const mostCharacters = 4_000_000;

/** Reads at most `count` lines from the line `from` on, counted from 1; fewer where they are very long. */
export async function readLines(
  path: string,
  index: LineIndex,
  window: { readonly from: number; readonly count: number },
): Promise<LogLines> {
  const from = Math.max(1, window.from);
  const lines: string[] = [];
  if (from > index.lines) return { from, lines, errors: [] };
  const mark = Math.floor((from - 1) / linesPerMark);
  let skip = from - 1 - mark * linesPerMark;
  let room = mostCharacters;
  for await (const some of linesFrom(path, index.marks[mark] ?? 0, index.sizeBytes)) {
    const wanted = some.slice(skip, skip + window.count - lines.length);
    skip = Math.max(0, skip - some.length);
    for (const line of wanted.map(present)) {
      if (room > 0) lines.push(line);
      room -= line.length;
    }
    if (lines.length >= window.count || room <= 0) break;
  }
  const errors = lines.flatMap((line, place) => (isErrorLine(line) ? [from + place] : []));
  return { from, lines, errors };
}

/** The lines of the file from a byte on where one begins, up to another byte: as many at once as were read at once. */
export async function* linesFrom(
  path: string,
  fromByte: number,
  toByte: number,
): AsyncGenerator<readonly string[], void> {
  const file = await open(path, "r");
  try {
    const decoder = new TextDecoder();
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let rest = "";
    for (let at = fromByte; at < toByte;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(chunkBytes, toByte - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const pieces = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split("\n");
      rest = pieces.pop() ?? "";
      yield pieces;
    }
    rest += decoder.decode();
    if (rest !== "") yield [rest];
  } finally {
    await file.close();
  }
}

/** What a terminal shows of a line that a progress bar drew again and again. */
export function present(line: string): string {
  const ended = line.endsWith("\r") ? line.slice(0, -1) : line;
  const shown = ended.slice(ended.lastIndexOf("\r") + 1);
  if (shown.length <= longestLine) return shown;
  return `${shown.slice(0, longestLine)} … ${shown.length - longestLine} more characters`;
}
