import { z } from "zod";

import type { Contract } from "./contract.ts";
import { csvAsText, quoteName, quoteText } from "./table.ts";
import type { Query } from "./table.ts";

/** Rows to put behind a version: a CSV whose columns of the same name fit, and a column that names each row. */
export interface Extension {
  readonly path: string;
  /** The column of the extension that is unique; fills the version's own unique column where that is absent. */
  readonly identity: string;
}

/**
 * The SQL that reads a version with further rows behind it, in the version's columns, all as text. A row
 * whose identity the version holds already replaces it, so extending twice by the same rows changes nothing.
 */
export async function extendedSql(
  base: {
    readonly path: string;
    readonly columns: readonly string[];
    readonly contract: Contract | undefined;
  },
  extension: Extension,
  query: Query,
): Promise<string> {
  const present = await query(
    `describe select * from ${csvAsText(extension.path)}`,
    z.object({ column_name: z.string() }),
  );
  const names = new Set(present.map((row) => row.column_name));
  const unique = base.columns.find((name) => base.contract?.columns[name]?.unique === true);
  const source = (name: string): string => {
    if (names.has(name)) return quoteName(name);
    return name === unique ? quoteName(extension.identity) : "null";
  };
  const columns = base.columns.map((name) => `${source(name)} as ${quoteName(name)}`);
  const kept =
    unique === undefined
      ? ""
      : `where ${quoteName(unique)} is null or ${quoteName(unique)} not in (select ${quoteName(unique)} from added)`;
  return `with added as (select ${columns.join(", ")} from ${csvAsText(extension.path)})
    select * from ${csvAsText(base.path)} ${kept} union all by name select * from added`;
}

/** Writes the rows of a query as CSV with a header. */
export function copyToCsv(sql: string, path: string): string {
  return `copy (${sql}) to ${quoteText(path)} (format csv, header)`;
}
