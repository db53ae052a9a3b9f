import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue } from "node:sqlite";

import { Client, types } from "pg";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

export type Row = Readonly<Record<string, unknown>>;

/** Reads a database that is another program's: nothing is ever written to it. */
export interface Rows {
  /** `?` stands for a parameter. */
  all(sql: string, parameters?: readonly (string | number)[]): Promise<readonly Row[]>;
  /** In pages, as they are read: for results that are too large for the memory. */
  pages(sql: string, parameters?: readonly (string | number)[]): AsyncIterable<readonly Row[]>;
  tables(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const pageRows = 5_000;

export function openSqliteRows(file: string): Rows {
  const db = openReadOnly(file);
  return {
    all: async (sql, parameters = []) => db.prepare(sql).all(...toCells(parameters)),
    async *pages(sql, parameters = []) {
      let page: Row[] = [];
      for (const row of db.prepare(sql).iterate(...toCells(parameters))) {
        page.push(row);
        if (page.length < pageRows) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    },
    async tables() {
      const rows = db.prepare("select name from sqlite_master where type = 'table'").all();
      return rows.map((row) => String(row["name"]));
    },
    close: async () => db.close(),
  };
}

function openReadOnly(file: string): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    db.prepare("select count(*) from sqlite_master").get();
    return db;
  } catch (error) {
    throw unreadable(file, error);
  }
}

export async function openPostgresRows(address: string, label: string): Promise<Rows> {
  // Times and steps are 64-bit numbers, which arrive as text unless told otherwise.
  const client = new Client({
    connectionString: address,
    types: {
      getTypeParser: (oid, format) => (oid === 20 ? Number : types.getTypeParser(oid, format)),
    },
  });
  client.on("error", () => {});
  try {
    await client.connect();
    // One snapshot for the whole import, and no way to write.
    await client.query("begin transaction isolation level repeatable read read only");
  } catch (error) {
    throw unreadable(label, error);
  }
  let cursors = 0;
  return {
    all: async (sql, parameters = []) => (await client.query<Row>(numbered(sql), [...parameters])).rows,
    async *pages(sql, parameters = []) {
      const name = `page_${cursors++}`;
      await client.query(`declare ${name} no scroll cursor for ${numbered(sql)}`, [...parameters]);
      try {
        for (;;) {
          const { rows } = await client.query<Row>(`fetch ${pageRows} from ${name}`);
          if (rows.length > 0) yield rows;
          if (rows.length < pageRows) return;
        }
      } finally {
        await client.query(`close ${name}`);
      }
    },
    async tables() {
      const { rows } = await client.query<Row>(
        "select table_name from information_schema.tables where table_schema = any (current_schemas(false))",
      );
      return rows.map((row) => String(row["table_name"]));
    },
    close: async () => await client.end(),
  };
}

function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll("?", () => `$${++count}`);
}

function toCells(parameters: readonly (string | number)[]): SQLInputValue[] {
  return [...parameters];
}

export function unreadable(label: string, error: unknown): Problem {
  const reason = error instanceof Error ? error.message : String(error);
  return new Problem(problems.import_source_unreadable, {
    message: `${label} cannot be read: ${reason}.`,
    next: "Name the database that the MLflow server is started with (--backend-store-uri), as somebody who may read it.",
    cause: error,
  });
}
