export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
}

/** Rows as aligned plain lines under a line of titles, two spaces between columns. */
export function tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): readonly string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ of }) => oneLine(of(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => widthOf(line[index] ?? ""))));
  return cells.map((line) =>
    line
      .map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.isNumber === true))
      .join("  ")
      .trimEnd(),
  );
}

/** Pairs as aligned lines, for the page of one thing. */
export function factLines(
  facts: readonly (readonly [string, string | null | undefined])[],
): readonly string[] {
  const known = facts.filter((fact): fact is readonly [string, string] => typeof fact[1] === "string");
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
}

function pad(text: string, width: number, isNumber: boolean): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return isNumber ? space + text : text + space;
}

/** In characters as people count them. */
function widthOf(text: string): number {
  return [...text].length;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ");
}
