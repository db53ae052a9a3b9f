import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";

import type { AccessCommands } from "./commands.ts";
import type { PrincipalRecord } from "./index.ts";
import { problems } from "./problems.ts";
import { deleteThingGrant, deleteThingGrants, moveThingGrants, saveThingGrant } from "./thing-store.ts";

interface ThingOrderParts {
  readonly db: Database;
  readonly ledger: Ledger;
  requirePrincipal(id: string): Promise<PrincipalRecord>;
  forgetHoldings(): void;
}

/** Orders about what somebody may do with one experiment or model. */
export function createThingOrders(
  parts: ThingOrderParts,
): Pick<AccessCommands, "grantThing" | "revokeThing" | "renameThing"> {
  const { db, ledger } = parts;
  return {
    grantThing: ({ principal, thing, level, actor }) =>
      db.transaction(async () => {
        await parts.requirePrincipal(principal);
        await saveThingGrant(db, { principal, thing, level });
        const data = { thing, level };
        await ledger.append({ kind: "thing.granted", subject: principal, project: null, actor, data });
        db.afterCommit(parts.forgetHoldings);
      }),
    revokeThing: ({ principal, thing, actor }) =>
      db.transaction(async () => {
        if (!(await deleteThingGrant(db, principal, thing))) {
          throw new Problem(problems.thing_grant_not_found, { message: `There is no grant on ${thing}.` });
        }
        const data = { thing, level: null };
        await ledger.append({ kind: "thing.granted", subject: principal, project: null, actor, data });
        db.afterCommit(parts.forgetHoldings);
      }),
    renameThing: ({ from, to }) =>
      db.transaction(async () => {
        if (to === undefined) await deleteThingGrants(db, from);
        else await moveThingGrants(db, from, to);
        db.afterCommit(parts.forgetHoldings);
      }),
  };
}
