/** A table as DVC prints it: columns two spaces apart, a heading's column two wider than its name. */
export function tableText(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  isMarkdown: boolean,
): string {
  const widths = headings.map((heading, index) =>
    Math.max(heading.length + 2, ...rows.map((row) => [...(row[index] ?? "")].length)),
  );
  const cells = (row: readonly string[]): readonly string[] =>
    widths.map((width, index) => {
      const text = row[index] ?? "";
      return `${text}${" ".repeat(Math.max(0, width - [...text].length))}`;
    });
  if (!isMarkdown) return [headings, ...rows].map((row) => cells(row).join("  ").trimEnd()).join("\n");
  const line = (row: readonly string[]): string => `| ${cells(row).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(headings), rule, ...rows.map(line), ""].join("\n");
}
