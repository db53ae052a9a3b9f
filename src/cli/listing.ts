import type { Terminal } from "./terminal.ts";
import { tableLines } from "./table.ts";
import type { Column } from "./table.ts";

export const whereOption = {
  flags: "--where <condition>",
  says: "only those with key=value (also != > < >= <=); may be repeated",
  isRepeated: true,
};

/** Rows as data: JSON as they came, or a table; an empty list is said, not printed. */
export function printRows<Row>(
  terminal: Terminal,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  emptySentence: string,
): void {
  if (terminal.wantsJson) return terminal.printJson(rows);
  if (rows.length === 0) return terminal.say(emptySentence);
  const [titles, ...lines] = tableLines(rows, columns);
  terminal.print(terminal.paint("dim", titles ?? ""));
  for (const line of lines) terminal.print(line);
}

/** One thing as data: JSON as it came, or the given lines. */
export function printPage(terminal: Terminal, value: unknown, lines: readonly string[]): void {
  if (terminal.wantsJson) return terminal.printJson(value);
  for (const line of lines) terminal.print(line);
}

/** A heading and its indented lines; nothing without lines. */
export function section(terminal: Terminal, heading: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return ["", terminal.paint("bold", heading), ...lines.map((line) => `  ${line}`)];
}
