import { randomBytes } from "node:crypto";
import { after } from "node:test";

import pg from "pg";

export interface OrdersDatabase {
  readonly url: string;
  /** What its tables are called in lineage. */
  readonly orders: string;
  readonly totals: string;
}

/** A database of the test's own with a table of orders, where `npm test` has started PostgreSQL. */
export async function openOrdersDatabase(): Promise<OrdersDatabase | undefined> {
  const server = process.env["GYRE_TEST_POSTGRES_URL"];
  if (server === undefined || server === "") return undefined;
  const name = `airflow_${randomBytes(6).toString("hex")}`;
  await query(server, `create database ${name}`);
  after(() => query(server, `drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  await query(url.href, "create table orders (customer text, amount integer)");
  const lineageName = (table: string): string => `postgres://${url.host}:${name}.public.${table}`;
  return { url: url.href, orders: lineageName("orders"), totals: lineageName("totals") };
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
