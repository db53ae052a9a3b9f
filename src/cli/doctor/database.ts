import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { sql } from "kysely";

import { openDatabase } from "#kernel/db";

import { shownPath } from "../project.ts";
import { timeText } from "../words.ts";
import type { Finding } from "./examine.ts";

const subject = "database";
const largestLeadMs = 60_000;

/** Whether the database can be read, and whether the clock stands behind what it holds. */
export async function examineDatabase(location: string): Promise<Finding> {
  try {
    if (/^postgres(ql)?:\/\//.test(location)) return await examinePostgres(location);
    if (existsSync(location)) return await examineFile(location);
    return { subject, verdict: "ok", sentence: "There is none yet; the first gyre up makes it." };
  } catch (error) {
    return {
      subject,
      verdict: "fail",
      sentence: `It cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      next: "Check the path or GYRE_DATABASE_URL, and the permissions; restore a backup if the file is damaged.",
    };
  }
}

async function examinePostgres(location: string): Promise<Finding> {
  const db = openDatabase({ location });
  try {
    await sql`select 1`.execute(db.query);
    return { subject, verdict: "ok", sentence: `PostgreSQL at ${new URL(location).host} answers.` };
  } finally {
    await db.close();
  }
}

async function examineFile(file: string): Promise<Finding> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const damage = database.prepare("pragma quick_check(1)").get();
    const verdict = String(Object.values(damage ?? {})[0] ?? "");
    if (verdict !== "ok") throw new Error(verdict);
    const newest = database.prepare("select max(at_ms) as at from events").get();
    const newestMs = Number(newest?.["at"] ?? 0);
    if (newestMs > Date.now() + largestLeadMs) {
      return {
        subject,
        verdict: "warn",
        sentence: `${shownPath(file)} is sound, but its newest event is of ${timeText(newestMs)}, later than this machine's clock.`,
        next: "Set the clock by a time server (NTP). The demo's database runs ahead on purpose.",
      };
    }
    return await examineSchema(file, database);
  } finally {
    database.close();
  }
}

/** Whether this program is the one the database was last written by, or a newer or an older one. */
async function examineSchema(file: string, database: DatabaseSync): Promise<Finding> {
  const { migrations } = await import("#main");
  const known = new Set(migrations.map(({ id }) => id));
  const applied = database
    .prepare("select id from schema_migrations")
    .all()
    .map(({ id }) => String(id));
  const ahead = applied.filter((id) => !known.has(id));
  if (ahead.length > 0) {
    return {
      subject,
      verdict: "fail",
      sentence: `${shownPath(file)} is of a newer Gyre: it has ${ahead.join(", ")}.`,
      next: "Start the newer Gyre, or restore a backup made before the upgrade.",
    };
  }
  const missing = known.size - applied.length;
  const sentence =
    missing === 0
      ? `${shownPath(file)} is sound.`
      : `${shownPath(file)} is sound, and of an older Gyre; the next gyre up brings it up to date.`;
  return { subject, verdict: "ok", sentence };
}
