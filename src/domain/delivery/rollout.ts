import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { JobQueue } from "#kernel/jobs";

import type { DeliveryCommands } from "./commands.ts";
import type { Release } from "./index.ts";
import { nothingToRollBack } from "./problems.ts";
import { endedAs, missingApprovals, nextStep, subjectOf } from "./release.ts";
import { claimRelease, findOne, lockEnvironment, readReleases, saveRelease } from "./store.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    /** Ends a step of a rollout when its time is over, unless the release has gone elsewhere meanwhile. */
    "delivery.advance": { readonly releaseId: string; readonly step: number };
  }
}

export interface Rollout {
  /** Starts an approved release, or leaves it waiting while another one is on its way. In a transaction. */
  begin(release: Release): Promise<Release>;
  readonly rollBack: DeliveryCommands["rollBack"];
}

/**
 * Walks releases through their steps by the clock, and back. Every change of an environment takes its
 * lock first, so that at most one release of it is live and one on its way, however many ask at once.
 */
export function createRollout(parts: {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
}): Rollout {
  const { db, ledger, clock, jobs } = parts;

  /** With nothing live there is nothing to compare a shadow or a canary with: the first release goes to all. */
  async function begin(release: Release): Promise<Release> {
    if ((await findOne(db, release, "rolling_out")) !== undefined) return release;
    const live = await findOne(db, release, "live");
    if (live === undefined) return await goLive(release, undefined);
    return await startStep({ ...release, state: "rolling_out" }, null);
  }

  async function startStep(release: Release, current: number | null): Promise<Release> {
    const next = nextStep(release, current);
    if (next === undefined || next.step.kind === "all") {
      return await goLive(release, await findOne(db, release, "live"));
    }
    const { index, step } = next;
    const started: Release = { ...release, currentStep: index, stepStartedAtMs: clock.nowMs() };
    await saveRelease(db, started);
    await ledger.append({
      kind: "rollout.step_started",
      ...subjectOf(release, "system"),
      data: { step: step.kind, share: step.kind === "canary" ? step.share : null },
    });
    await jobs.enqueue({
      kind: "delivery.advance",
      payload: { releaseId: release.id, step: index },
      key: `${release.id}:${index}`,
      runAtMs: clock.nowMs() + step.durationMs,
      project: release.project,
    });
    return started;
  }

  async function goLive(release: Release, replaced: Release | undefined): Promise<Release> {
    const live: Release = {
      ...release,
      state: "live",
      currentStep: null,
      stepStartedAtMs: null,
      replaces: replaced?.id ?? null,
      liveAtMs: clock.nowMs(),
    };
    if (replaced !== undefined) await supersede(replaced, release);
    await supersedeOlder(release);
    await saveRelease(db, live);
    const subject = subjectOf(release, "system");
    await ledger.append({ kind: "rollout.step_started", ...subject, data: { step: "all", share: null } });
    await ledger.append({
      kind: "release.live",
      ...subject,
      data: { model: release.model, number: release.number, replaces: live.replaces },
    });
    await beginNext(release);
    return live;
  }

  /** What was asked for before this release would take the environment back in time. */
  async function supersedeOlder(release: Release): Promise<void> {
    const { project, environment } = release;
    const waiting = await readReleases(db, {
      project,
      environment,
      states: ["judging", "awaiting_approval"],
    });
    for (const one of waiting) {
      if (one.requestedAtMs < release.requestedAtMs) await supersede(one, release);
    }
  }

  async function supersede(release: Release, by: Release): Promise<void> {
    await saveRelease(db, endedAs(release, "superseded", `replaced by version ${by.number}`, clock.nowMs()));
    await ledger.append({ kind: "release.superseded", ...subjectOf(release, "system"), data: { by: by.id } });
  }

  /** A release that was approved while another one was on its way has its turn now; the oldest first. */
  async function beginNext({ project, environment }: Release): Promise<void> {
    const waiting = await readReleases(db, { project, environment, states: ["awaiting_approval"] });
    const next = waiting.findLast((release) => missingApprovals(release) === 0);
    if (next !== undefined) await begin(next);
  }

  const rollBack: DeliveryCommands["rollBack"] = async ({ project, environment, ...order }) =>
    await db.transaction(async () => {
      const place = { project, environment };
      await lockEnvironment(db, place);
      const underWay = [await findOne(db, place, "rolling_out"), await findOne(db, place, "live")];
      const target = underWay.find(
        (one) => one !== undefined && (order.releaseId === undefined || one.id === order.releaseId),
      );
      if (target === undefined || (target.state === "live" && target.replaces === null)) {
        throw nothingToRollBack(target?.id ?? order.releaseId ?? `${project} in ${environment}`);
      }
      const rolledBack = endedAs(target, "rolled_back", order.reason, clock.nowMs());
      await saveRelease(db, rolledBack);
      const restores = target.state === "live" ? target.replaces : null;
      await ledger.append({
        kind: "release.rolled_back",
        ...subjectOf(target, order.actor),
        data: { reason: order.reason, restores },
      });
      if (restores === null) await beginNext(rolledBack);
      else await restore(restores, target);
      return rolledBack;
    });

  async function restore(earlierId: string, rolledBack: Release): Promise<void> {
    const earlier = await claimRelease(db, earlierId);
    await saveRelease(db, { ...earlier, state: "live", endedAtMs: null, endReason: null });
    await ledger.append({
      kind: "release.live",
      ...subjectOf(earlier, "system"),
      data: { model: earlier.model, number: earlier.number, replaces: rolledBack.id },
    });
  }

  jobs.define("delivery.advance", {
    concurrency: 1,
    maxAttempts: 5,
    timeoutMs: 30_000,
    run: async ({ payload }) => {
      await db.transaction(async () => {
        const release = await claimRelease(db, payload.releaseId);
        if (release.state !== "rolling_out" || release.currentStep !== payload.step) return;
        await startStep(release, payload.step);
      });
    },
  });

  return { begin, rollBack };
}
