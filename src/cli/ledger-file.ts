import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";

import { z } from "zod";

import { systemClock } from "#kernel/clock";
import { openDatabase } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { createLedger } from "#kernel/events";

import { problems } from "./problems.ts";

const linkSchema = z.object({
  seq: z.number(),
  atMs: z.number(),
  actor: z.string(),
  through: z.string().nullish(),
  project: z.string().nullable(),
  kind: z.string(),
  subject: z.string(),
  data: z.unknown(),
  prevHash: z.string(),
  hash: z.string(),
});

/** One line of the ledger, as written: the kinds are not asked for, a verification takes any. */
export type LedgerLine = z.infer<typeof linkSchema>;

/** Reads a ledger in pieces, by `seq`, without changing anything. Throws `ledger_unreadable`. */
export async function* readLedger(location: string): AsyncGenerator<readonly LedgerLine[]> {
  if (/^postgres(ql)?:\/\//.test(location)) yield* readPostgres(location);
  else yield* readSqlite(location);
}

const rowsAtOnce = 5_000;

function* readSqlite(file: string): Generator<readonly LedgerLine[]> {
  if (!existsSync(file)) throw unreadable(file, "the file does not exist");
  // Read-only: works beside a running server, and on a database whose owner is somebody else.
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const statement = database.prepare(`
      select seq, at_ms as "atMs", actor, ${hasThrough(database) ? "through" : "null as through"}, project, kind, subject, data, prev_hash as "prevHash", hash
      from events where seq > ? order by seq limit ?`);
    for (let after = Number.MIN_SAFE_INTEGER; ;) {
      const lines = statement.all(after, rowsAtOnce).map(toLine);
      if (lines.length === 0) return;
      after = lines.at(-1)?.seq ?? after;
      yield lines;
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unreadable(file, error instanceof Error ? error.message : String(error));
  } finally {
    database.close();
  }
}

/** A file that no server has opened since events say who acted for their actor has no column for it. */
function hasThrough(database: DatabaseSync): boolean {
  return database
    .prepare("select name from pragma_table_info('events')")
    .all()
    .some((row) => row["name"] === "through");
}

function toLine(row: Readonly<Record<string, unknown>>): LedgerLine {
  // Data that is JSON no more has been tampered with: as text it cannot have the hash of the event.
  return linkSchema.parse({ ...row, data: parseJson(String(row["data"])) ?? row["data"] });
}

async function* readPostgres(location: string): AsyncGenerator<readonly LedgerLine[]> {
  const db = openDatabase({ location });
  try {
    const ledger = createLedger({ db, clock: systemClock });
    for (let after = 0; ;) {
      const lines = z.array(linkSchema).parse(await ledger.list({ after, limit: rowsAtOnce }));
      if (lines.length === 0) return;
      after = lines.at(-1)?.seq ?? after;
      yield lines;
    }
  } finally {
    await db.close();
  }
}

/** Reads what `gyre audit export` wrote: one event a line. */
export async function* readExport(file: string): AsyncGenerator<readonly LedgerLine[]> {
  if (!existsSync(file)) throw unreadable(file, "the file does not exist");
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number++;
    if (line.trim() === "") continue;
    const parsed = linkSchema.safeParse(parseJson(line));
    if (!parsed.success) throw unreadable(file, `line ${number} is no event`);
    yield [parsed.data];
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(file: string, reason: string): Problem {
  return new Problem(problems.ledger_unreadable, {
    message: `The ledger in ${file} cannot be read: ${reason}.`,
  });
}
