import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";

import { createManualClock } from "#kernel/clock";
import { openDatabase } from "#kernel/db";
import type { Database } from "#kernel/db";
import { createLedger, migrations } from "#kernel/events";
import { temporaryFolder } from "#kernel/testing";

import { runGyre } from "./fixtures/run-gyre.ts";

const file = ".gyre/gyre.db";

/** A folder with a ledger of five events, its database open as by a running server. */
async function folderWithLedger(): Promise<{ folder: string; db: Database }> {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, ".gyre"));
  const db = openDatabase({ location: join(folder, file) });
  await db.migrate(migrations);
  const ledger = createLedger({ db, clock: createManualClock(1_790_000_000_000) });
  for (let seq = 1; seq <= 5; seq++) {
    await db.transaction(async () => {
      const data = { handler: `handler-${seq}`, seq };
      await ledger.append({
        kind: "delivery.retried",
        subject: `s${seq}`,
        project: null,
        actor: "usr_1",
        data,
      });
    });
  }
  return { folder, db };
}

function tamper(folder: string, statement: string): void {
  const database = new DatabaseSync(join(folder, file));
  database.exec(statement);
  database.close();
}

describe("gyre audit verify", () => {
  it("finds a sound chain, beside a running server and without one", async () => {
    const { folder, db } = await folderWithLedger();
    const beside = await runGyre(["audit", "verify"], { folder });
    await db.close();
    const alone = await runGyre(["audit", "verify"], { folder });
    for (const { code, stdout } of [beside, alone]) {
      assert.equal(code, 0);
      assert.match(stdout, /^The chain holds: 5 events in \.gyre\/gyre\.db\.\nHead 5:[0-9a-f]{64}\n$/);
    }
  });

  it("leaves the database as it is, even where it may not write", async () => {
    const { folder, db } = await folderWithLedger();
    await db.close();
    const before = readFileSync(join(folder, file));
    chmodSync(join(folder, file), 0o444);
    assert.equal((await runGyre(["audit", "verify"], { folder })).code, 0);
    assert.deepEqual(readFileSync(join(folder, file)), before);
  });

  const attacks = [
    {
      name: "an altered event",
      statement: `update events set data = '{"handler":"other","seq":3}' where seq = 3`,
      says: "The chain breaks at event 3: its content does not have its hash, so it was altered. It holds up to event 2.",
      data: { seq: 3, reason: "altered" },
    },
    {
      name: "another actor",
      statement: "update events set actor = 'usr_2' where seq = 5",
      says: "The chain breaks at event 5: its content does not have its hash, so it was altered. It holds up to event 4.",
      data: { seq: 5, reason: "altered" },
    },
    {
      name: "data that is JSON no more",
      statement: "update events set data = '{' where seq = 1",
      says: "The chain breaks at event 1: its content does not have its hash, so it was altered. It holds up to event 0.",
      data: { seq: 1, reason: "altered" },
    },
    {
      name: "a removed event",
      statement: "delete from events where seq = 2",
      says: "The chain breaks at event 3: an event before it is missing. It holds up to event 1.",
      data: { seq: 3, reason: "missing_before" },
    },
    {
      name: "a removed event whose place was closed",
      statement: "delete from events where seq = 2; update events set seq = seq - 1 where seq > 2",
      says: "The chain breaks at event 2: it does not name the hash of the event before it. It holds up to event 1.",
      data: { seq: 2, reason: "unchained" },
    },
    {
      name: "an event before the first",
      statement:
        "insert into events select 0, at_ms, actor, project, kind, subject, data, prev_hash, hash, through from events where seq = 1",
      says: "The chain breaks at event 0: an event before it is missing. It holds up to event 0.",
      data: { seq: 0, reason: "missing_before" },
    },
  ];
  for (const { name, statement, says, data } of attacks) {
    it(`finds ${name}`, async () => {
      const { folder, db } = await folderWithLedger();
      await db.close();
      tamper(folder, statement);
      const plain = await runGyre(["audit", "verify"], { folder });
      const json = await runGyre(["audit", "verify", "--json"], { folder });
      const { head: _, ...told } = JSON.parse(json.stderr).data;
      assert.deepEqual(
        { code: plain.code, stdout: plain.stdout, first: plain.stderr.split("\n")[0], told },
        { code: 1, stdout: "", first: `error[ledger_broken]: ${says}`, told: data },
      );
    });
  }

  it("finds a chain that was cut off by a head noted earlier", async () => {
    const { folder, db } = await folderWithLedger();
    await db.close();
    const { stdout } = await runGyre(["audit", "verify", "--json"], { folder });
    const { seq, hash } = JSON.parse(stdout).head;
    const noted = `${seq}:${hash}`;
    assert.equal((await runGyre(["audit", "verify", "--head", noted], { folder })).code, 0);
    tamper(folder, "delete from events where seq = 5");
    assert.equal((await runGyre(["audit", "verify"], { folder })).code, 0);
    const { code, stderr } = await runGyre(["audit", "verify", "--head", noted], { folder });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /event 5 with the hash [0-9a-f]{64} is not in it: the ledger was cut off or written anew/,
    );
  });

  it("exports what it verified, and verifies an export without any database", async () => {
    const { folder, db } = await folderWithLedger();
    await db.close();
    const direct = await runGyre(["audit", "verify", "--json", "--export", "ledger.jsonl"], { folder });
    const elsewhere = await temporaryFolder();
    const text = readFileSync(join(folder, "ledger.jsonl"), "utf8");
    writeFileSync(join(elsewhere, "ledger.jsonl"), text);
    const again = await runGyre(["audit", "verify", "ledger.jsonl", "--json"], { folder: elsewhere });
    assert.deepEqual(again, direct);
    writeFileSync(join(elsewhere, "ledger.jsonl"), text.replace("handler-4", "handler-x"));
    const { code, stderr } = await runGyre(["audit", "verify", "ledger.jsonl"], { folder: elsewhere });
    assert.equal(code, 1);
    assert.match(stderr, /breaks at event 4/);
  });
});
