import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createStatementNames, planIsKept } from "./statement-names.ts";

/** What a text is called at its third use. */
function nameAtLast(text: string): string | undefined {
  const names = createStatementNames();
  names.nameOf(text);
  names.nameOf(text);
  return names.nameOf(text);
}

describe("names of statements", () => {
  it("are given to what comes a third time, and stay", () => {
    const names = createStatementNames();
    const text = "select name from lamps where id = $1";
    const other = "delete from lamps where id = $1";
    const given = [text, text, text, other, text].map((one) => names.nameOf(one));
    assert.deepEqual(given.slice(0, 2), [undefined, undefined]);
    assert.notEqual(given[2], undefined);
    assert.deepEqual(given.slice(3), [undefined, given[2]]);
  });

  it("are kept from statements whose best plan depends on the values", () => {
    for (const text of [
      "select id from lamps where watt > $1",
      "select id from lamps where watt <= $1 and room = $2",
      "select id from lamps order by watt limit $1",
      "select id from lamps where room = any($1::bigint[])",
    ])
      assert.equal(nameAtLast(text), undefined, text);
    assert.notEqual(nameAtLast("select count(*) as count from lamps where room = $1"), undefined);
  });

  it("are given to statements of which somebody vouches that no plan for them is a bad one", () => {
    const text = `select name from lamps where id = any($1::bigint[]) ${planIsKept} order by watt limit $2`;
    assert.notEqual(nameAtLast(text), undefined);
    assert.equal(nameAtLast(text.replace("select name", "select *")), undefined);
  });

  it("are kept from statements whose answer changes its shape with the table", () => {
    for (const text of [
      "select * from lamps where id = $1",
      "insert into lamps (id) values ($1) returning *",
    ])
      assert.equal(nameAtLast(text), undefined, text);
  });

  it("are kept from what is no query, and from texts as long as a page", () => {
    for (const text of ["begin", "alter table lamps add column watt int", `select ${"1, ".repeat(2_000)} 1`])
      assert.equal(nameAtLast(text), undefined);
  });

  it("are two for two texts, also after very many others", () => {
    const names = createStatementNames();
    const given = new Set<string>();
    for (let number = 0; number < 5_000; number++) {
      const text = `select ${number} where id = $1`;
      names.nameOf(text);
      names.nameOf(text);
      given.add(names.nameOf(text) ?? "none");
    }
    assert.equal(given.size, 5_000);
  });

  it("end for all when something in between mixes them up", () => {
    const names = createStatementNames();
    const text = "select 1 where id = $1";
    for (let use = 0; use < 3; use++) names.nameOf(text);
    names.stop();
    assert.equal(names.nameOf(text), undefined);
  });
});
