/**
 * All rows of a table, page by page: `read` gives those that come after the row before, none when there are no more.
 * So a table of any size is read without holding it, and without a question that takes long.
 */
export async function* inPages<Row>(
  read: (after: Row | undefined) => Promise<readonly Row[]>,
): AsyncIterable<Row> {
  for (let last: Row | undefined; ;) {
    const rows = await read(last);
    yield* rows;
    last = rows.at(-1);
    if (last === undefined) return;
  }
}

export const rowsPerPage = 1_000;
