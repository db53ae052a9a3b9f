import { createSecret } from "#kernel/auth";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Digest } from "#kernel/digest";

import type { AccessCommands } from "./commands.ts";
import { deletePasses, insertPass, setPassEnd } from "./pass-store.ts";

interface PassOrderParts {
  readonly db: Database;
  readonly clock: Clock;
  /** Drops what this process remembers of one secret. */
  forgetSecret(digest: Digest): void;
}

/**
 * Orders about passes. They have no events of their own: a pass begins and ends with what it was lent for,
 * whose beginning and end are events, and every event of its holder names it.
 */
export function createPassOrders(
  parts: PassOrderParts,
): Pick<AccessCommands, "lendPass" | "limitPass" | "endPasses"> {
  const { db, clock } = parts;
  // At once too: whoever sees that a step has ended may see it some milliseconds before its commit is on the disk.
  const forget = (digests: readonly Digest[]): void => {
    const forgetAll = (): void => digests.forEach((digest) => parts.forgetSecret(digest));
    forgetAll();
    db.afterCommit(forgetAll);
  };
  const endPasses = async (holder: string): Promise<void> =>
    forget(await deletePasses(db, holder, clock.nowMs()));
  return {
    async lendPass(order) {
      const { secret, digest } = createSecret();
      await db.transaction(async () => {
        await endPasses(order.holder);
        await insertPass(db, { ...order, digest });
      });
      return secret;
    },
    limitPass: async ({ holder, expiresAtMs }) => forget(await setPassEnd(db, holder, expiresAtMs)),
    endPasses,
  };
}
