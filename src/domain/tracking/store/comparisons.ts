import { sql } from "kysely";

import type { Fragment } from "#kernel/search";

export { and, byBytes, compare } from "#kernel/search";
export type { Fragment } from "#kernel/search";

export function or(fragments: readonly Fragment[]): Fragment {
  return fragments.length === 0 ? sql`1 = 0` : sql`(${sql.join(fragments, sql` or `)})`;
}
