import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import { Problem } from "#kernel/errors";

import type { ExecuteOrder } from "./commands.ts";
import { problems } from "./problems.ts";
import { findKey } from "./store/keys.ts";

/** The execution that was asked for under the order's key before. Throws `idempotency_key_reused`. */
export async function findKeyed(db: Database, order: ExecuteOrder): Promise<string | undefined> {
  const { project, idempotencyKey } = order;
  if (idempotencyKey === undefined) return undefined;
  const used = await findKey(db, project, idempotencyKey);
  if (used === undefined || used.requestDigest === requestDigest(order)) return used?.execution;
  throw new Problem(problems.idempotency_key_reused, {
    message: `The key ${JSON.stringify(idempotencyKey)} stands for ${used.execution}, which was asked for with other targets or parameters.`,
    data: { execution: used.execution },
  });
}

/** Of what decides what would run; who asks and in which words does not. */
export function requestDigest({ targets, parameters, datasetVersions, codeDigest }: ExecuteOrder): string {
  const asked = [targets ?? [], sorted(parameters), sorted(datasetVersions), codeDigest ?? null];
  return digestOf(Buffer.from(JSON.stringify(asked)));
}

function sorted(values: Readonly<Record<string, unknown>> = {}): readonly unknown[] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
