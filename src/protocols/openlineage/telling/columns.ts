import { z } from "zod";

import type { Blobs } from "#kernel/blobs";
import type { Analyst } from "#kernel/columnar";
import { sqlText } from "#kernel/columnar";
import type { Digest } from "#kernel/digest";

/** What a table file holds, as far as a look at its beginning or its end tells. */
export interface TableShape {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Null where only reading all of it would tell. */
  readonly rows: number | null;
}

/** Looks into files that are tables by their name; undefined for others, and for those that cannot be read. */
export type ReadTableShape = (path: string, digest: Digest) => Promise<TableShape | undefined>;

const remembered = 1_000;
const describedColumn = z.object({ column_name: z.string(), column_type: z.string() });
const count = z.object({ rows: z.coerce.number() });

/** One look for each content: what is stored under a digest never changes. */
export function createTableShapes(parts: {
  readonly blobs: Blobs;
  readonly analyst: Analyst;
}): ReadTableShape {
  const known = new Map<Digest, TableShape | undefined>();
  return async (path, digest) => {
    const read = readers[path.slice(path.lastIndexOf(".") + 1).toLowerCase()];
    if (read === undefined) return undefined;
    if (known.has(digest)) return known.get(digest);
    const shape = await look(parts, read, digest).catch(() => undefined);
    const oldest = known.keys().next();
    if (known.size >= remembered && oldest.done !== true) known.delete(oldest.value);
    known.set(digest, shape);
    return shape;
  };
}

interface Reader {
  readonly table: (file: string) => string;
  readonly rows: ((file: string) => string) | null;
}

const csv: Reader = { table: (file) => `read_csv(${file}, sample_size = 2000)`, rows: null };
const parquet: Reader = {
  table: (file) => `read_parquet(${file})`,
  rows: (file) => `select num_rows as rows from parquet_file_metadata(${file})`,
};
const readers: Readonly<Record<string, Reader>> = { csv, tsv: csv, parquet };

async function look(
  { blobs, analyst }: { readonly blobs: Blobs; readonly analyst: Analyst },
  { table, rows }: Reader,
  digest: Digest,
): Promise<TableShape | undefined> {
  if (!(await blobs.has(digest))) return undefined;
  const file = sqlText(await blobs.localPath(digest));
  const described = await analyst.rows(
    `select column_name, column_type from (describe select * from ${table(file)})`,
    [],
    describedColumn,
  );
  const [counted] = rows === null ? [] : await analyst.rows(rows(file), [], count);
  return {
    columns: described.map(({ column_name: name, column_type: type }) => ({ name, type })),
    rows: counted?.rows ?? null,
  };
}
