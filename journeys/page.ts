/**
 * `stays up`: it does not end by itself. `refused`: its last command must fail. `in a moment`: it prints
 * what the page says only when work in the background has ended.
 */
export type Ending = "well" | "stays up" | "refused" | "in a moment";

/** A page of the documentation as something to execute. */
export interface PageStep {
  /** The commands of one block. */
  readonly commands: string;
  readonly ends: Ending;
  /** Lines of its output, in this order, others between them. */
  readonly prints: readonly string[];
}

const blockPattern = /(?:<!-- (stays up|refused|in a moment) -->\n\n)?```(\w+)\n([^]*?)```/g;

/** The `sh` blocks of a page, each with the `text` block behind it. Other blocks are for the reader only. */
export function readPage(markdown: string): readonly PageStep[] {
  const steps: PageStep[] = [];
  for (const [, mark, language, text = ""] of markdown.matchAll(blockPattern)) {
    if (language === "sh") {
      steps.push({ commands: text.trim(), ends: endingOf(mark), prints: [] });
    }
    const last = steps.at(-1);
    if (language === "text" && last !== undefined) {
      steps.splice(-1, 1, { ...last, prints: text.split("\n").filter((line) => line.trim() !== "") });
    }
  }
  return steps;
}

function endingOf(mark: string | undefined): Ending {
  return mark === "stays up" || mark === "refused" || mark === "in a moment" ? mark : "well";
}

/**
 * The first line of the page that the output does not have after the ones before it; undefined when all
 * are there. Compared is the shape: any number stands for any number, `…` for anything, and blanks for
 * any blanks, because figures and widths differ from run to run.
 */
export function missingLine(prints: readonly string[], output: string): string | undefined {
  const lines = output.split("\n");
  let from = 0;
  for (const wanted of prints) {
    const pattern = shapeOf(wanted);
    const found = lines.findIndex((line, index) => index >= from && pattern.test(line));
    if (found === -1) return wanted;
    from = found + 1;
  }
  return undefined;
}

function shapeOf(line: string): RegExp {
  const source = line
    .trim()
    .split(/(…|\s+|\d+(?:\.\d+)*)/)
    .map((part) => {
      if (part === "…") return ".*";
      if (/^\s+$/.test(part)) return "\\s+";
      if (/^\d/.test(part)) return "\\d+(?:\\.\\d+)*";
      return part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
  return new RegExp(`^\\s*${source}\\s*$`);
}

/** Puts what was seen last in the place of `rel_…`: the reader copies it from the terminal. */
export function fillIds(commands: string, output: string): string {
  return commands.replaceAll(/\b([a-z]+_)…/g, (placeholder, prefix: string) => {
    const seen = output.match(new RegExp(`\\b${prefix}[0-9a-z]{10,}`, "g"));
    return seen?.at(-1) ?? placeholder;
  });
}
