import type { Inspection } from "./performer.ts";
import type { Work, WorkEnd } from "./store.ts";

/** What to do about work that has not ended, after a look at the target. */
export type Verdict =
  | { readonly kind: "nothing" }
  | { readonly kind: "reason"; readonly reason: string }
  | { readonly kind: "end"; readonly end: WorkEnd; readonly isStopNeeded: boolean };

/** How long the work may be late with what it was told or should do by itself, before it is ended from outside. */
export const marginMs = 30_000;
const silentMs = 60_000;

/**
 * Decides from what the target says and what the work itself said. The work's own report always wins,
 * because it comes before its process ends; so an end seen from outside without one is a loss.
 */
export function judge(work: Work, inspection: Inspection, nowMs: number): Verdict {
  const { phase, reason } = inspection;
  if (work.stop !== null && (phase === "absent" || phase === "ended" || phase === "waiting")) {
    return end({ state: "cancelled", reason: "It was cancelled." }, phase === "waiting");
  }
  if (work.stop !== null && nowMs > work.stop.requestedAtMs + work.stop.graceMs + marginMs) {
    return end(
      { state: "cancelled", reason: "It was cancelled, and killed because it did not answer." },
      true,
    );
  }
  if (phase === "absent" || phase === "ended") return endOf(work, inspection);
  if (isOverdue(work, nowMs)) {
    const state = { state: "failed", endedEarly: "timeout" } as const;
    return end({ ...state, reason: "Its time was over, and it did not end by itself." }, true);
  }
  if (work.status.state === "queued") return say(work, reason);
  if (work.heardAtMs !== null && nowMs - work.heardAtMs > silentMs) {
    const seconds = Math.round((nowMs - work.heardAtMs) / 10_000) * 10;
    return say(work, `It runs there, but nothing was heard from it for ${seconds} s.`);
  }
  return say(work, "It runs.");
}

function endOf(work: Work, { reason, wasTakenAway }: Inspection): Verdict {
  if (wasTakenAway === true)
    return end({ state: "preempted", reason: `Its machine was taken away: ${reason}` });
  const begun = work.status.state === "running";
  return end({
    state: "lost",
    reason: begun ? `It vanished while it ran: ${reason}` : `It vanished before it began: ${reason}`,
  });
}

function isOverdue({ status, spec }: Work, nowMs: number): boolean {
  return (
    status.state === "running" &&
    status.startedAtMs !== null &&
    nowMs > status.startedAtMs + spec.timeoutMs + marginMs
  );
}

function end(end: WorkEnd, isStopNeeded = false): Verdict {
  return { kind: "end", end, isStopNeeded };
}

function say(work: Work, reason: string): Verdict {
  return work.status.reason === reason ? { kind: "nothing" } : { kind: "reason", reason };
}
