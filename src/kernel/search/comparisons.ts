import { sql } from "kysely";
import type { RawBuilder } from "kysely";

import type { Database } from "../db/index.ts";
import { amongTexts } from "./bulk.ts";

export type Fragment = RawBuilder<unknown>;

export type Comparator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "like"
  | "ilike"
  | "rlike"
  | "in"
  | "not in"
  | "is null"
  | "is not null";

/** What an expression is compared with: nothing for the two null tests, a list for `in`. */
export interface Comparison {
  readonly comparator: Comparator;
  readonly value: string | number | readonly string[] | null;
}

/**
 * `expression comparator value` for both engines; `like` is case-sensitive on both, `ilike` on neither.
 * The pattern of `rlike` must have passed `linearPattern` before.
 */
export function compare(db: Database, expression: Fragment, comparison: Comparison): Fragment {
  const { comparator, value } = comparison;
  switch (comparator) {
    case "is null":
      return sql`${expression} is null`;
    case "is not null":
      return sql`${expression} is not null`;
    case "in":
      return amongTexts(db, expression, asList(value));
    case "not in":
      return sql`not (${amongTexts(db, expression, asList(value))})`;
    case "like":
      return db.engine === "sqlite"
        ? sql`${expression} glob ${toGlob(String(value))}`
        : sql`${expression} like ${value} escape ''`;
    case "ilike":
      return db.engine === "sqlite"
        ? sql`${expression} like ${value}`
        : sql`${expression} ilike ${value} escape ''`;
    case "rlike":
      return db.engine === "sqlite" ? sql`${expression} regexp ${value}` : sql`${expression} ~ ${value}`;
    default:
      return sql`${expression} ${sql.raw(comparator)} ${isWide(value) ? sql`cast(${value} as double precision)` : value}`;
  }
}

/** A number that PostgreSQL would refuse beside a whole-number column. */
function isWide(value: Comparison["value"]): boolean {
  return typeof value === "number" && !Number.isSafeInteger(value);
}

function asList(value: Comparison["value"]): readonly string[] {
  return typeof value === "object" && value !== null ? value : [String(value)];
}

/** SQLite's LIKE ignores case and its GLOB does not: the same pattern, spelt for GLOB. */
function toGlob(like: string): string {
  return like.replaceAll(/[*?[]/g, "[$&]").replaceAll("%", "*").replaceAll("_", "?");
}

/** Texts in the order of their bytes on both engines, so that pages fit together whatever the locale. */
export function byBytes(db: Database, expression: Fragment): Fragment {
  return db.engine === "sqlite" ? expression : sql`${expression} collate "C"`;
}

export function and(fragments: readonly Fragment[]): Fragment {
  return fragments.length === 0 ? sql`1 = 1` : sql.join(fragments, sql` and `);
}

/** Any of the fragments; of none, nothing holds. */
export function or(fragments: readonly Fragment[]): Fragment {
  return fragments.length === 0 ? sql`1 = 0` : sql`(${sql.join(fragments, sql` or `)})`;
}
