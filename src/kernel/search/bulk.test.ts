import assert from "node:assert/strict";
import { it } from "node:test";

import { sql } from "kysely";
import type { RawBuilder } from "kysely";

import { describeOnEveryEngine } from "../testing/index.ts";
import type { Migration } from "../db/index.ts";
import { amongNumbers, amongTexts, insertRows } from "./index.ts";

const cells: Migration = {
  id: "test-cells",
  statements: ({ text, integer, real, strict }) => [
    `create table cells (id ${integer} primary key, name ${text}, whole ${integer}, value ${real}) ${strict}`,
  ],
};

const columns = "cells (id, name, whole, value)";

describeOnEveryEngine("many rows at once", (open) => {
  it("come back as they were, whatever stands in them", async () => {
    const db = await open([cells]);
    const rows: [number, string | null, number | null, number | null][] = [
      [1, "plain", 1, 0.1],
      [2, `a "quoted", {braced} \\ back\\\\slashed text`, -1, -1e300],
      [3, "null", Number.MAX_SAFE_INTEGER, 5e-324],
      [4, "NULL", -Number.MAX_SAFE_INTEGER, 1 / 3],
      [5, "", 0, 1.7976931348623157e308],
      [6, null, null, null],
      [7, "žluťoučký\nkůň\t🐎", 1_700_000_000_000, 2],
    ];
    await insertRows(db, columns, rows);
    const { rows: found } = await sql<{ id: number; name: string; whole: number; value: number }>`
      select id, name, whole, value from cells order by id
    `.execute(db.query);
    assert.deepEqual(
      found.map(({ id, name, whole, value }) => [id, name, whole, value]),
      rows,
    );
  });

  it("may have nothing in a column, or whole numbers where others belong", async () => {
    const db = await open([cells]);
    await insertRows(db, columns, [
      [1, null, null, 3],
      [2, null, null, -4],
    ]);
    await insertRows(db, columns, [[3, "one", 3, null]]);
    await insertRows(db, columns, []);
    const { rows } = await sql<{ name: string | null; value: number | null }>`
      select name, value from cells order by id
    `.execute(db.query);
    assert.deepEqual(
      rows.map(({ name, value }) => [name, value]),
      [
        [null, 3],
        [null, -4],
        ["one", null],
      ],
    );
  });

  it("may be more than one statement takes, and meet rows that are there", async () => {
    const db = await open([cells]);
    await insertRows(db, columns, [[5, "before", 0, 0]]);
    const many = Array.from({ length: 12_345 }, (_, id) => [id, `row ${id}`, id, id / 7]);
    await assert.rejects(db.transaction(() => insertRows(db, columns, many)));
    await insertRows(db, columns, many, "(id) do nothing");
    const count = async (): Promise<unknown> =>
      (
        await sql`select count(*) as count, max(name) as last from cells where id in (5, 12344)`.execute(
          db.query,
        )
      ).rows[0];
    assert.deepEqual({ ...Object(await count()) }, { count: 2, last: "row 12344" });
    await insertRows(db, columns, [[5, "after", 0, 0]], "(id) do update set name = excluded.name");
    const { rows } = await sql<{ name: string }>`select name from cells where id = 5`.execute(db.query);
    assert.equal(rows[0]?.name, "after");
  });
});

describeOnEveryEngine("lists as one parameter", (open) => {
  it("find what is in them, and nothing when they are empty", async () => {
    const db = await open([cells]);
    const names = ["a", `b"`, "c,d", "{e}", "f\\"];
    await insertRows(
      db,
      columns,
      names.map((name, id) => [id, name, -id, null]),
    );
    const found = async (where: RawBuilder<unknown>): Promise<number[]> => {
      const { rows } = await sql<{ id: number }>`select id from cells where ${where} order by id`.execute(
        db.query,
      );
      return rows.map(({ id }) => id);
    };
    const among = (texts: readonly string[]) => amongTexts(db, sql`name`, texts);
    assert.deepEqual(await found(among(names.slice(1))), [1, 2, 3, 4]);
    assert.deepEqual(await found(amongNumbers(db, sql`whole`, [-1, -3, 9_007_199_254_740_991])), [1, 3]);
    assert.deepEqual(await found(amongNumbers(db, sql`whole`, [])), []);
    assert.deepEqual(await found(sql`not ${among([])}`), [0, 1, 2, 3, 4]);
    assert.deepEqual(await found(sql`not ${among(["a", "{e}"])}`), [1, 2, 4]);
  });
});
