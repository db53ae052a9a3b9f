import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";

import type { DeliveryCommands } from "./commands.ts";
import { notWaiting } from "./problems.ts";
import { addApproval, endedAs, missingApprovals, subjectOf } from "./release.ts";
import type { Rollout } from "./rollout.ts";
import { claimRelease, saveRelease } from "./store.ts";

/** What people say to a judged release. */
export function createApproval(
  parts: { readonly db: Database; readonly ledger: Ledger; readonly clock: Clock },
  rollout: Rollout,
): Pick<DeliveryCommands, "approveRelease" | "declineRelease"> {
  const { db, ledger, clock } = parts;

  const approveRelease: DeliveryCommands["approveRelease"] = async (order) =>
    await db.transaction(async () => {
      const release = await claimRelease(db, order.releaseId);
      const approval = { by: order.actor, atMs: clock.nowMs(), note: order.note ?? null };
      const approvals = addApproval(release, approval);
      if (approvals === release.approvals) return release;
      const approved = { ...release, approvals };
      const missing = missingApprovals(approved);
      await saveRelease(db, approved);
      await ledger.append({
        kind: "release.approved",
        ...subjectOf(release, order.actor),
        data: { by: order.actor, note: approval.note, missing },
      });
      return missing === 0 ? await rollout.begin(approved) : approved;
    });

  const declineRelease: DeliveryCommands["declineRelease"] = async (order) =>
    await db.transaction(async () => {
      const release = await claimRelease(db, order.releaseId);
      if (release.state !== "awaiting_approval" && release.state !== "judging") throw notWaiting(release);
      const declined = endedAs(release, "declined", order.reason, clock.nowMs());
      await saveRelease(db, declined);
      await ledger.append({
        kind: "release.declined",
        ...subjectOf(release, order.actor),
        data: { reason: order.reason },
      });
      return declined;
    });

  return { approveRelease, declineRelease };
}
