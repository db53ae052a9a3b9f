import { createReadStream } from "node:fs";

/**
 * Why a file is no CSV table, with the line to look at: bytes that are no UTF-8, a quote that is never
 * closed, or the first row whose number of values is not that of the header. Undefined when it finds
 * nothing of this kind. Lines count from 1, the header's being the first.
 */
export async function whyUnreadable(path: string): Promise<string | undefined> {
  const scan = createScan();
  for await (const text of createReadStream(path, "utf8")) {
    const found = scan.read(String(text));
    if (found !== undefined) return found;
  }
  return scan.end();
}

/** What a decoder puts where it meets bytes that are no text. */
const replacement = "\uFFFD";

interface Scan {
  read(text: string): string | undefined;
  end(): string | undefined;
}

function createScan(): Scan {
  let line = 1;
  let rowStartsAt = 1;
  let values = 1;
  let columns: number | undefined;
  let isQuoted = false;
  let isEmptyRow = true;

  const endRow = (): string | undefined => {
    const startedAt = rowStartsAt;
    const found = values;
    const wasEmpty = isEmptyRow;
    rowStartsAt = line + 1;
    values = 1;
    isEmptyRow = true;
    // An empty line, as at the end of many files, is no row.
    if (wasEmpty) return undefined;
    columns ??= found;
    if (found === columns) return undefined;
    return `line ${startedAt} has ${found} ${found === 1 ? "value" : "values"}, the header has ${columns}`;
  };
  return {
    read(text) {
      for (const sign of text) {
        if (sign === replacement) return `line ${line} holds bytes that are no UTF-8 text`;
        if (sign === '"') {
          // A doubled quote inside a quoted value ends and begins it again, which comes to the same.
          isQuoted = !isQuoted;
          isEmptyRow = false;
        } else if (sign === "\n") {
          const found = isQuoted ? undefined : endRow();
          line += 1;
          if (found !== undefined) return found;
        } else if (sign === "," && !isQuoted) {
          values += 1;
          isEmptyRow = false;
        } else if (sign !== "\r") {
          isEmptyRow = false;
        }
      }
      return undefined;
    },
    end: () => (isQuoted ? `a quote that opens in the row at line ${rowStartsAt} is never closed` : endRow()),
  };
}
