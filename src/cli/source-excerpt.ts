import { readFileSync } from "node:fs";

import type { SourcePosition } from "#kernel/errors";

const shownCharacters = 100;

/** The line of a position with a caret below its column; nothing when the file is not here to be read. */
export function excerptAt(position: SourcePosition): readonly string[] {
  const line = readLine(position);
  if (line === undefined) return [];
  // A long line is shown around the caret.
  const start = Math.max(0, position.column - 1 - shownCharacters / 2);
  const shown = line.slice(start, start + shownCharacters).replaceAll(/\p{Cc}/gu, " ");
  const number = String(position.line);
  return [
    `  ${number} | ${shown}`,
    `  ${" ".repeat(number.length)} | ${" ".repeat(Math.max(0, position.column - 1 - start))}^`,
  ];
}

function readLine(position: SourcePosition): string | undefined {
  try {
    return readFileSync(position.file, "utf8").split(/\r?\n/)[position.line - 1];
  } catch {
    return undefined;
  }
}
