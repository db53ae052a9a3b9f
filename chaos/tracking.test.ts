import assert from "node:assert/strict";
import { it } from "node:test";
import type { TestContext } from "node:test";

import pg from "pg";

import { temporaryFolder } from "#kernel/testing";

import { startServerProcess } from "./server.ts";
import { findDamage, writeUntilKilled } from "./tracking-writers.ts";

const kills = 3;
const answers = 300;

it(
  "no acknowledged point of 8 writers is lost, and no batch halved, by kill -9 (sqlite)",
  { timeout: 300_000 },
  async (t) => await killAgainAndAgain(t, undefined),
);

it(
  "no acknowledged point of 8 writers is lost, and no batch halved, by kill -9 (postgres)",
  { timeout: 300_000 },
  async (t) => {
    const url = process.env["GYRE_TEST_POSTGRES_URL"];
    if (url === undefined || url === "") return t.skip("GYRE_TEST_POSTGRES_URL is not set");
    await killAgainAndAgain(t, await createDatabase(t, url));
  },
);

async function killAgainAndAgain(t: TestContext, database: string | undefined): Promise<void> {
  const folder = await temporaryFolder();
  let server = await startServerProcess(t, folder, { database });
  for (let number = 0; number < kills; number++) {
    const written = await writeUntilKilled(server, answers);
    assert.ok(written.acknowledged.length >= answers);
    server = await startServerProcess(t, folder, { database });
    assert.deepEqual(await findDamage(server, written), { lost: 0, halves: 0, twice: 0, strange: 0 });
  }
  await server.stop();
}

/** A database of the test's own; gone when it ends. */
async function createDatabase(t: TestContext, url: string): Promise<string> {
  const name = `chaos_${Date.now()}`;
  const run = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await run(`create database ${name}`);
  t.after(() => run(`drop database ${name} with (force)`));
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}
