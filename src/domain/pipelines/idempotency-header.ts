import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

const longestKey = 200;

/** The header of that name, as it is widely used: the same order under the same key is carried out once. */
export function keyOf(header: string | string[] | undefined): { readonly idempotencyKey?: string } {
  if (header === undefined) return {};
  if (typeof header === "string" && header.length > 0 && header.length <= longestKey) {
    return { idempotencyKey: header };
  }
  throw new Problem(problems.idempotency_key_refused, {
    message: `An idempotency key has between 1 and ${longestKey} characters.`,
  });
}
