import { stripVTControlCharacters } from "node:util";

import { z } from "zod";

/** The cell that ended a notebook. */
export interface FailedCell {
  /** As a person sees it beside the cell: `In [3]`. */
  readonly label: string;
  /** `ZeroDivisionError: division by zero`. */
  readonly error: string;
  /** The source of the cell, and the traceback. */
  readonly lines: readonly string[];
}

const text = z.union([z.string(), z.array(z.string()).transform((parts) => parts.join(""))]);
const notebook = z.looseObject({
  cells: z.array(
    z.looseObject({
      cell_type: z.string(),
      source: text,
      execution_count: z.number().nullish(),
      outputs: z
        .array(
          z.looseObject({
            output_type: z.string(),
            ename: z.string().optional(),
            evalue: z.string().optional(),
            traceback: z.array(z.string()).optional(),
          }),
        )
        .default([]),
    }),
  ),
});

/** Finds the failed cell in an executed notebook (nbformat 4); undefined when none failed, or it is no notebook. */
export function failedCellOf(content: string): FailedCell | undefined {
  const read = notebook.safeParse(parse(content));
  if (!read.success) return undefined;
  for (const cell of read.data.cells) {
    const error = cell.outputs.find(({ output_type: type }) => type === "error");
    if (cell.cell_type !== "code" || error === undefined) continue;
    const traceback = (error.traceback ?? []).flatMap((part) => stripVTControlCharacters(part).split("\n"));
    return {
      label: `In [${cell.execution_count ?? " "}]`,
      error: `${error.ename ?? "Error"}: ${error.evalue ?? ""}`.replace(/: $/, ""),
      lines: [...cell.source.split("\n"), "", ...traceback],
    };
  }
  return undefined;
}

const opening = "An error occurred while executing the following cell:";

/** The same from what nbclient prints, which keeps no notebook of a failure. */
export function failedCellIn(printed: readonly string[]): FailedCell | undefined {
  const lines = printed.map((line) => stripVTControlCharacters(line));
  const start = lines.findLastIndex((line) => line.includes(opening));
  if (start < 0) return undefined;
  const [first = -1, second = -1] = lines.flatMap((line, index) =>
    index > start && /^-{10,}$/.test(line.trim()) ? [index] : [],
  );
  const source = first < 0 || second < 0 ? [] : lines.slice(first + 1, second);
  const rest = lines.slice((second < 0 ? start : second) + 1);
  const error = rest.findLast((line) =>
    /^[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit|Warning)\b/.test(line),
  );
  const label = /In\s?\[(\d+)\]/.exec(rest.join("\n"))?.[1];
  return {
    label: label === undefined ? "a cell" : `In [${label}]`,
    error: error ?? "an error",
    lines: [...source, "", ...rest.filter((line, index) => line !== "" || index > 0)],
  };
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
