import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { sql } from "kysely";

import { actThrough, verifyEvents } from "#kernel/events";
import { createTestKernel } from "#kernel/testing";

import { readExport, readLedger } from "./ledger-file.ts";
import type { LedgerLine } from "./ledger-file.ts";

async function collect(lines: AsyncGenerator<readonly LedgerLine[]>): Promise<readonly LedgerLine[]> {
  const all: LedgerLine[] = [];
  for await (const some of lines) all.push(...some);
  return all;
}

/** A ledger with two events, of which somebody else did the second for Ada. */
async function open() {
  const { db, ledger, folder } = await createTestKernel();
  const retried = async (handler: string): Promise<void> =>
    await db.transaction(async () => {
      const event = { kind: "delivery.retried", subject: handler, project: null, actor: "usr_ada" } as const;
      await ledger.append({ ...event, data: { handler, seq: 1 } });
    });
  await retried("first");
  const readAll = async (): Promise<readonly LedgerLine[]> =>
    await collect(readLedger(join(folder, "state.db")));
  return { db, folder, retried, readAll };
}

describe("the ledger in a file", () => {
  it("holds, beside its server and as an export, also where somebody acted for the actor", async () => {
    const { folder, retried, readAll } = await open();
    await actThrough("step train", async () => await retried("second"));
    const lines = await readAll();
    assert.deepEqual(
      lines.map(({ subject, through }) => [subject, through]),
      [
        ["first", null],
        ["second", "step train"],
      ],
    );
    assert.equal(verifyEvents(lines).broken, undefined);
    const file = join(folder, "ledger.jsonl");
    await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    assert.equal(verifyEvents(await collect(readExport(file))).broken, undefined);
    const forged = lines.map((line) => ({ ...line, through: null }));
    assert.deepEqual(verifyEvents(forged).broken, { seq: 2, reason: "altered" });
  });

  it("holds where no server has opened it since events say who acted for their actor", async () => {
    const { db, readAll } = await open();
    await sql`alter table events drop column through`.execute(db.query);
    const lines = await readAll();
    assert.deepEqual([lines.length, verifyEvents(lines).broken], [1, undefined]);
  });
});
