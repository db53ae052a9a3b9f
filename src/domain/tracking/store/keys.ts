import { sql } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers, amongTexts, insertRows } from "#kernel/search";

/**
 * The numbers of metric, parameter and tag names. A name's number never changes, so what has been
 * read stays in memory; a number learnt inside a transaction is kept only once that has committed.
 */
export interface Keys {
  /** The numbers of all names, made where missing. */
  idsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The number of a name that is only looked for: undefined when nothing was ever logged under it. */
  find(name: string): Promise<number | undefined>;
  /** The names of all numbers. */
  namesOf(ids: Iterable<number>): Promise<ReadonlyMap<number, string>>;
}

// A client that invents names without end must not fill the memory.
const mostRemembered = 100_000;

export function createKeys(db: Database): Keys {
  const idByName = new Map<string, number>();
  const nameById = new Map<number, string>();

  const remember = (rows: readonly { id: number; name: string }[]): void => {
    if (idByName.size + rows.length > mostRemembered) {
      idByName.clear();
      nameById.clear();
    }
    for (const { id, name } of rows) {
      idByName.set(name, id);
      nameById.set(id, name);
    }
  };

  const read = async (names: readonly string[]): Promise<readonly { id: number; name: string }[]> => {
    const { rows } = await sql<{ id: number; name: string }>`
      select id, name from tracking_keys where ${amongTexts(db, sql`name`, names)}
    `.execute(db.query);
    return rows;
  };

  return {
    async idsOf(names) {
      const ids = new Map<string, number>();
      const missing = new Set<string>();
      for (const name of names) {
        const id = idByName.get(name);
        if (id === undefined) missing.add(name);
        else ids.set(name, id);
      }
      if (missing.size === 0) return ids;
      const sorted = [...missing].toSorted();
      await insertRows(
        db,
        "tracking_keys (name)",
        sorted.map((name) => [name]),
        "(name) do nothing",
      );
      const rows = await read(sorted);
      db.afterCommit(() => remember(rows));
      for (const { id, name } of rows) ids.set(name, id);
      return ids;
    },
    async find(name) {
      const known = idByName.get(name);
      if (known !== undefined) return known;
      const rows = await read([name]);
      if (!db.inTransaction()) remember(rows);
      return rows[0]?.id;
    },
    async namesOf(ids) {
      const wanted = new Set(ids);
      const missing = [...wanted].filter((id) => !nameById.has(id));
      const names = new Map<number, string>();
      if (missing.length > 0) {
        const { rows } = await sql<{ id: number; name: string }>`
          select id, name from tracking_keys where ${amongNumbers(db, sql`id`, missing)}
        `.execute(db.query);
        if (!db.inTransaction()) remember(rows);
        for (const { id, name } of rows) names.set(id, name);
      }
      for (const id of wanted) {
        const name = nameById.get(id) ?? names.get(id);
        if (name !== undefined) names.set(id, name);
      }
      return names;
    },
  };
}
