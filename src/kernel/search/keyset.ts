import { createHash } from "node:crypto";

import { sql } from "kysely";

import { Problem } from "../errors.ts";

import { problems } from "./problems.ts";
import type { Fragment } from "./comparisons.ts";

/** One column of an ordering. Its value is never null: nulls are ranked by a column before it. */
export interface SortColumn {
  readonly expression: Fragment;
  readonly descending: boolean;
}

export type SortKey = readonly (string | number)[];

/**
 * The rows that come after `key` in this ordering. Unlike an offset, a page found so costs the same
 * wherever it is, and rows that arrive meanwhile move nothing.
 */
export function isBeyond(columns: readonly SortColumn[], key: SortKey): Fragment {
  const [column] = columns;
  const [value] = key;
  if (column === undefined) return sql`1 = 0`;
  // Follows from what comes after it, and is what an index can begin with.
  const bound = sql`${column.expression} ${sql.raw(column.descending ? "<=" : ">=")} ${value}`;
  return sql`(${bound} and ${comesAfter(columns, key)})`;
}

function comesAfter(columns: readonly SortColumn[], key: SortKey): Fragment {
  const [column, ...others] = columns;
  const [value, ...rest] = key;
  if (column === undefined) return sql`1 = 0`;
  const beyond = sql`${column.expression} ${sql.raw(column.descending ? "<" : ">")} ${value}`;
  if (others.length === 0) return sql`(${beyond})`;
  return sql`(${beyond} or (${column.expression} = ${value} and ${comesAfter(others, rest)}))`;
}

export function orderBy(columns: readonly SortColumn[]): Fragment {
  return sql.join(
    columns.map((column) => sql`${column.expression} ${sql.raw(column.descending ? "desc" : "asc")}`),
  );
}

/** Packs where a page ended; `search` binds it to the search it belongs to. */
export function packToken(search: unknown, key: SortKey): string {
  return Buffer.from(JSON.stringify([mark(search), ...key])).toString("base64url");
}

/** Throws `page_token_invalid` when the token belongs to another search or is not one of ours. */
export function unpackToken(search: unknown, token: string, length: number): SortKey {
  const parts = parseParts(token);
  const [of, ...key] = parts ?? [];
  if (of !== mark(search) || key.length !== length) {
    throw new Problem(problems.page_token_invalid, {
      message: "Invalid page token: it does not belong to this search.",
    });
  }
  return key;
}

function parseParts(token: string): (string | number)[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    return Array.isArray(parts) && parts.every(isCell) ? parts : undefined;
  } catch {
    return undefined;
  }
}

function isCell(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function mark(search: unknown): string {
  return createHash("sha256").update(JSON.stringify(search)).digest("base64url").slice(0, 8);
}
