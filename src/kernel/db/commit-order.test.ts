import assert from "node:assert/strict";
import { it } from "node:test";

import { sql } from "kysely";

import { describeOnEveryEngine } from "../testing/index.ts";
import type { Migration } from "./index.ts";

const words: Migration = {
  id: "test-001",
  statements: ({ text, strict }) => [`create table words (word ${text} primary key) ${strict}`],
};

describeOnEveryEngine("a commit that may be durable later", (open) => {
  it("has its effects told before those of the next, which is durable at once", async () => {
    const db = await open([words]);
    const told: string[] = [];
    const commit = (word: string, durability: "now" | "later"): Promise<void> =>
      db.transaction(
        async () => {
          await sql`insert into words (word) values (${word})`.execute(db.query);
          db.afterCommit(() => void told.push(word));
        },
        { durability },
      );
    await commit("first", "later");
    await commit("second", "now");
    assert.deepEqual(told, ["first", "second"]);
  });
});
