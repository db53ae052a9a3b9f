import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { CompiledQuery, sql } from "kysely";

import { Problem } from "../errors.ts";
import { describeOnEveryEngine, temporaryFolder } from "../testing/index.ts";
import { openDatabase } from "./index.ts";
import type { Database, Migration } from "./index.ts";

const counters: Migration = {
  id: "test-001",
  statements: ({ integer, text, strict }) => [
    `create table counters (name ${text} primary key, value ${integer} not null) ${strict}`,
  ],
};

const add = async (db: Database, name: string, value = 0): Promise<void> =>
  void (await sql`insert into counters (name, value) values (${name}, ${value})`.execute(db.query));

async function names(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from counters order by name`.execute(db.query);
  return rows.map((row) => row.name);
}

describeOnEveryEngine("questions at one moment", (open, engine) => {
  it("see nothing of what is written meanwhile, and hold up nobody who writes", async () => {
    const db = await open([counters]);
    const other = await engine.openAgain(db);
    await add(db, "before");
    const seen = await db.atOneMoment(async () => {
      const first = await names(db);
      await add(other, "elsewhere");
      await other.transaction(async () => await add(other, "in a transaction"));
      return [first, await names(db)];
    });
    assert.deepEqual(seen, [["before"], ["before"]]);
    assert.deepEqual(await names(db), ["before", "elsewhere", "in a transaction"]);
  });

  it("end, and leave nothing behind, when one of them fails", async () => {
    const db = await open([counters]);
    await assert.rejects(
      db.atOneMoment(async () => {
        await names(db);
        throw new Error("no answer");
      }),
      /no answer/,
    );
    await add(db, "after");
    assert.deepEqual(await db.atOneMoment(async () => await names(db)), ["after"]);
  });
});

describeOnEveryEngine("a transaction", (open, engine) => {
  it("travels with the context: an order inside it joins, and all commits together", async () => {
    const db = await open([counters]);
    const other = await engine.openAgain(db);
    await db.transaction(async () => {
      await add(db, "outer");
      await db.transaction(async () => await add(db, "inner"));
      assert.deepEqual(await names(other), []);
    });
    assert.deepEqual(await names(other), ["inner", "outer"]);
  });

  it("undoes what joined it when it fails later", async () => {
    const db = await open([counters]);
    const failing = db.transaction(async () => {
      await db.transaction(async () => await add(db, "inner"));
      throw new Error("changed my mind");
    });
    await assert.rejects(failing, /changed my mind/);
    assert.deepEqual(await names(db), []);
  });

  it("commits nothing when a part that joined failed, even if its caller swallowed the error", async () => {
    const db = await open([counters]);
    const swallowing = db.transaction(async () => {
      const half = db.transaction(async () => {
        await add(db, "half");
        throw new Error("the other half failed");
      });
      await half.catch(() => {});
      await add(db, "rest");
    });
    await assert.rejects(swallowing, /the other half failed/);
    assert.deepEqual(await names(db), []);
  });

  it("keeps its queries apart from those of another one that runs at the same time", async () => {
    const db = await open([counters]);
    const first = db.transaction(async () => {
      await add(db, "first");
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error("rolled back");
    });
    const second = db.transaction(async () => await add(db, "second"));
    await assert.rejects(first, /rolled back/);
    await second;
    assert.deepEqual(await names(db), ["second"]);
  });

  it("is not carried on by what outlives it", async () => {
    const db = await open([counters]);
    const seen = Promise.withResolvers<boolean>();
    await db.transaction(async () => {
      setTimeout(() => seen.resolve(db.inTransaction()), 1);
    });
    assert.equal(await seen.promise, false);
    const late = Promise.withResolvers<void>();
    await db.transaction(async () => {
      setTimeout(() => late.resolve(db.transaction(async () => await add(db, "late"))), 1);
    });
    await late.promise;
    assert.deepEqual(await names(db), ["late"]);
  });

  it("runs what waits for the commit after it, in order, and not after a rollback", async () => {
    const db = await open([counters]);
    const ran: string[] = [];
    await db.transaction(async () => {
      db.afterCommit(() => ran.push("first"));
      await db.transaction(async () => db.afterCommit(() => ran.push("inner")));
      db.afterCommit(() => ran.push("last"));
      ran.push("work");
    });
    const failing = db.transaction(async () => {
      db.afterCommit(() => ran.push("never"));
      throw new Error("no");
    });
    await assert.rejects(failing, /no/);
    db.afterCommit(() => ran.push("at once"));
    assert.deepEqual(ran, ["work", "first", "inner", "last", "at once"]);
  });

  it("is there for everybody before it is durable when that may come later, and what waits for it is told then", async () => {
    const db = await open([counters]);
    const told = Promise.withResolvers<readonly string[]>();
    const work = async (): Promise<void> => {
      await add(db, "kept");
      db.afterCommit(() => void names(db).then(told.resolve));
    };
    await db.transaction(work, { durability: "later" });
    assert.deepEqual(await names(db), ["kept"]);
    assert.deepEqual(await told.promise, ["kept"]);
  });

  it("stays committed when something that waited for it throws", async () => {
    const db = await open([counters]);
    const warned = once(process, "warning");
    const ran: string[] = [];
    await db.transaction(async () => {
      await add(db, "kept");
      db.afterCommit(() => {
        throw new Error("a listener is broken");
      });
      db.afterCommit(() => ran.push("the next one"));
    });
    assert.deepEqual([await names(db), ran], [["kept"], ["the next one"]]);
    assert.match(String((await warned)[0]), /a listener is broken/);
  });
});

describeOnEveryEngine("statements asked together", (open, engine) => {
  it("give their answers in order, in a transaction and outside", async () => {
    const db = await open([counters]);
    await add(db, "kept", 7);
    const ask = () =>
      db.together([
        () => names(db),
        () => add(db, "added"),
        () => sql<{ value: number }>`select value from counters where name = ${"kept"}`.execute(db.query),
        () => names(db),
      ]);
    const [before, , kept, after] = await db.transaction(ask);
    assert.deepEqual([before, kept.rows[0]?.value, after], [["kept"], 7, ["added", "kept"]]);
    await sql`delete from counters where name = ${"added"}`.execute(db.query);
    assert.deepEqual((await ask())[3], ["added", "kept"]);
  });

  it("leave nothing behind when one of them fails, however long the others go on", async () => {
    const db = await open([counters]);
    const other = await engine.openAgain(db);
    await add(db, "there");
    const failing = db.transaction(async () => {
      const slowly = async (): Promise<void> => {
        await add(db, "first");
        await new Promise((resolve) => setTimeout(resolve, 20));
        await add(db, "second").catch(() => {});
      };
      await db.together([slowly, () => add(db, "there"), () => add(db, "third")]);
    });
    await assert.rejects(failing, /unique|duplicate/i);
    await new Promise((resolve) => setTimeout(resolve, 40));
    assert.deepEqual(await names(other), ["there"]);
  });

  it("see what the one before has written", async () => {
    const db = await open([counters]);
    const [, rows] = await db.transaction(() => db.together([() => add(db, "new"), () => names(db)]));
    assert.deepEqual(rows, ["new"]);
  });
});

describeOnEveryEngine("a statement sent without waiting", (open, engine) => {
  const inserting = (name: string): CompiledQuery =>
    CompiledQuery.raw(
      `insert into counters (name, value) values (${engine.engine === "sqlite" ? "?, ?" : "$1, $2"})`,
      [name, 0],
    );

  it("is in the transaction for all that comes after, and committed with it", async () => {
    const db = await open([counters]);
    const other = await engine.openAgain(db);
    await db.transaction(async () => {
      await db.send(inserting("a"));
      assert.deepEqual(await names(db), ["a"]);
      await db.send(inserting("b"));
    });
    await db.send(inserting("c"));
    assert.deepEqual(await names(other), ["a", "b", "c"]);
  });

  it("fails the transaction with its own error, and nothing that waits for the commit runs", async () => {
    const db = await open([counters]);
    await add(db, "there");
    const ran: string[] = [];
    const last = db.transaction(async () => {
      db.afterCommit(() => ran.push("committed"));
      await add(db, "lost");
      await db.send(inserting("there"));
    });
    await assert.rejects(last, /unique|duplicate/i);
    const followed = db.transaction(async () => {
      await db.send(inserting("there"));
      await db.send(inserting("lost"));
      await names(db);
    });
    await assert.rejects(followed, /unique|duplicate/i);
    await assert.rejects(db.send(inserting("there")), /unique|duplicate/i);
    assert.deepEqual([await names(db), ran], [["there"], []]);
  });
});

describeOnEveryEngine("statements that come again and again", (open, engine) => {
  const valueOf = async (db: Database, name: string): Promise<unknown> => {
    const { rows } = await sql<{ value: number }>`select value from counters where name = ${name}`.execute(
      db.query,
    );
    return rows[0]?.value;
  };

  it("go on when another program gives the table a column", async () => {
    const db = await open([counters]);
    const other = await engine.openAgain(db);
    await add(db, "a", 1);
    for (let use = 0; use < 8; use++) await valueOf(db, "a");
    await sql.raw("alter table counters add column step integer not null default 1").execute(other.query);
    assert.deepEqual([await valueOf(db, "a"), await names(db)], [1, ["a"]]);
    const { rows } = await sql`select * from counters`.execute(db.query);
    assert.deepEqual(
      rows.map((row) => ({ ...Object(row) })),
      [{ name: "a", value: 1, step: 1 }],
    );
  });

  if (engine.engine === "sqlite") return;

  it("go on when a column is given another type, and when the server has forgotten them", async () => {
    const db = await open([counters]);
    const other = await engine.openAgain(db);
    await add(db, "a", 1);
    for (let use = 0; use < 8; use++) await valueOf(db, "a");
    await sql.raw("alter table counters alter column value type text").execute(other.query);
    assert.deepEqual([await valueOf(db, "a"), await valueOf(db, "a")], ["1", "1"]);
    for (let use = 0; use < 8; use++) await valueOf(db, "a");
    await sql.raw("deallocate all").execute(db.query);
    assert.deepEqual([await valueOf(db, "a"), await valueOf(db, "a")], ["1", "1"]);
  });
});

describeOnEveryEngine("a table that has been filled", (open, engine) => {
  if (engine.engine === "sqlite") return;

  it("is known to the planner within seconds", async () => {
    const db = await open([counters]);
    await sql`insert into counters (name, value) select 'counter ' || n, n from generate_series(1, 1000) as n`.execute(
      db.query,
    );
    const known = async (): Promise<number> =>
      (
        await sql<{
          rows: number;
        }>`select reltuples as rows from pg_class where oid = 'counters'::regclass`.execute(db.query)
      ).rows[0]?.rows ?? 0;
    const sinceMs = performance.now();
    while ((await known()) !== 1_000) {
      // PostgreSQL's own upkeep looks once a minute.
      assert(performance.now() - sinceMs < 20_000, "nobody has analysed the table");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
});

describeOnEveryEngine("a connection that is cut off", (open, engine) => {
  if (engine.engine === "sqlite") return;

  it("fails what was asked of it, and the next one is another", async () => {
    const db = await open([counters]);
    const other = await engine.openAgain(db);
    const cut = db.transaction(async () => {
      await add(db, "lost");
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db.query);
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other.query);
      await db.together([() => add(db, "lost, too"), () => names(db)]);
    });
    await assert.rejects(cut);
    await db.transaction(() => add(db, "kept"));
    assert.deepEqual(await names(db), ["kept"]);
  });

  it("tells of it when a transaction begins on it", async () => {
    const db = await open([counters]);
    const other = await engine.openAgain(db);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db.query);
    const cut = db.transaction(async () => {
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other.query);
      await add(db, "lost");
    });
    await assert.rejects(cut);
    assert.deepEqual(await names(db), []);
  });
});

describeOnEveryEngine("migrations", (open, engine) => {
  const more: Migration = {
    id: "test-002",
    statements: ({ integer }) => [`alter table counters add column step ${integer} not null default 1`],
  };

  it("apply once each, and later ones on top", async () => {
    const db = await open([counters]);
    await add(db, "kept");
    await db.migrate([counters]);
    await db.migrate([counters, more]);
    const { rows } = await sql<{ name: string; step: number }>`select name, step from counters`.execute(
      db.query,
    );
    assert.deepEqual(
      rows.map(({ name, step }) => [name, step]),
      [["kept", 1]],
    );
  });

  it("leave the database as it was when one of them fails", async () => {
    const db = await open([counters]);
    const broken: Migration = { id: "test-003", statements: () => ["alter table nothing add column x text"] };
    await assert.rejects(db.migrate([counters, more, broken]));
    await db.migrate([counters, more]);
  });

  it("refuse a database that a newer program has changed", async () => {
    const db = await open([counters, more]);
    await assert.rejects(
      db.migrate([counters]),
      (error) =>
        error instanceof Problem && error.code === "database_newer" && /test-002/.test(error.message),
    );
  });

  it("refuse two of the same name", async () => {
    const db = await open();
    await assert.rejects(db.migrate([counters, { ...more, id: "test-001" }]), /two migrations/);
  });

  it("may be started by two programs at once", async () => {
    const db = await open();
    const other = await engine.openAgain(db);
    await Promise.all([db.migrate([counters, more]), other.migrate([counters, more])]);
    await add(other, "a");
    assert.deepEqual(await names(db), ["a"]);
  });
});

describe("an embedded database", () => {
  it("lets two processes read and then write without losing a step or failing", async () => {
    const location = join(await temporaryFolder(), "state.db");
    const db = openDatabase({ location });
    await db.migrate([counters]);
    await add(db, "both");
    const program = join(import.meta.dirname, "fixtures", "counting-process.ts");
    const times = 50;
    const children = [0, 1].map(() => fork(program, [JSON.stringify({ location, times })]));
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
    const { rows } = await sql<{ value: number }>`select value from counters`.execute(db.query);
    await db.close();
    assert.deepEqual([codes, rows[0]?.value], [[0, 0], 2 * times]);
  });

  it("says what is wrong with a file that is none, in one message", async () => {
    const location = join(await temporaryFolder(), "notes.txt");
    await writeFile(location, "Dear diary, today I was taken for a database. ".repeat(100));
    assert.throws(
      () => openDatabase({ location }),
      (error) => error instanceof Problem && error.code === "database_unreachable",
    );
  });
});

describe("a PostgreSQL that is not there", () => {
  it("is named without its password", async () => {
    // Port 1 belongs to a service nobody runs, so the connection is refused at once.
    const db = openDatabase({ location: "postgres://gyre:secret@127.0.0.1:1/state" });
    const refusal = await db.migrate([]).catch((error: unknown) => error);
    await db.close();
    assert(refusal instanceof Problem);
    assert.equal(refusal.code, "database_unreachable");
    assert.match(refusal.message, /127\.0\.0\.1:1\/state/);
    assert.doesNotMatch(refusal.message, /secret/);
  });
});
