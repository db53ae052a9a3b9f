import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { createId } from "#kernel/ids";
import type { Log } from "#kernel/log";

import { problems } from "../problems.ts";
import type { WorkChanges } from "./changes.ts";
import type { Capabilities, ComputeTarget, PollWait, WorkHandle, WorkOrder, WorkSpec } from "./contract.ts";
import type { WorkLogs } from "./log-file.ts";
import type { Inspection, Performer } from "./performer.ts";
import { refuseWhatNeverFits } from "./resources.ts";
import { judge } from "./rules.ts";
import {
  endWork,
  forgetDetails,
  insertWork,
  listOpenWork,
  readWork,
  readWorkId,
  updateOpenWork,
} from "./store.ts";
import type { Runner } from "./runner.ts";
import { createSurroundings, imagesUnknown } from "./surroundings.ts";
import type { SealedVariables } from "./sealed-variables.ts";
import type { Work, WorkEnd } from "./store.ts";

export interface TargetParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly changes: WorkChanges;
  readonly logs: WorkLogs;
  readonly runner: Runner;
  readonly sealed: SealedVariables;
  /** How often the target is asked about a piece of work that is waited for. */
  readonly lookEveryMs?: number;
}

// Asked before each piece of work; what a cluster is made of changes slowly.
const capabilitiesFreshMs = 15_000;

/** The contract, made from what is particular to one kind of target. */
export function createTarget(parts: TargetParts, name: string, performer: Performer): ComputeTarget {
  const { db, clock, changes, runner } = parts;
  const lookEveryMs = parts.lookEveryMs ?? 2_000;
  const lookedAt = new Map<string, number>();
  const launching = new Map<string, Promise<void>>();
  let known: { readonly atMs: number; readonly answer: Promise<Capabilities> } | undefined;

  async function capabilities(): Promise<Capabilities> {
    if (known === undefined || performance.now() - known.atMs > capabilitiesFreshMs) {
      const answer = performer.capabilities();
      answer.catch(() => (known = undefined));
      known = { atMs: performance.now(), answer };
    }
    return await known.answer;
  }

  async function settle(work: Work, end: WorkEnd): Promise<void> {
    if (await endWork(db, work.id, end, clock.nowMs())) await forgetDetails(db, work);
    lookedAt.delete(work.id);
    changes.announce(work.id);
    await performer.remove(work).catch((error: unknown) => {
      parts.log.warn("the rest of ended work was not removed", { work: work.id, target: name, error });
    });
  }

  /** Gives the work to the target, once however many ask; what is there already is taken over. */
  async function launch(work: Work, isNew: boolean): Promise<void> {
    const begun = launching.get(work.id);
    if (begun !== undefined) return await begun;
    const isOthers = work.runner !== runner.id && !runner.isGone(work.runner);
    if (!isNew && isOthers) return;
    const begin = (async () => {
      const isThere = !isNew && (await performer.inspect(work)).phase !== "absent";
      await updateOpenWork(db, work.id, { runner: runner.id });
      if (!isThere) await performer.launch(work);
      await updateOpenWork(db, work.id, { is_launched: 1 });
    })();
    launching.set(work.id, begin);
    try {
      await begin;
    } catch (error) {
      // What is merely out of reach may be tried again with the same key.
      if (!(error instanceof Problem) || error.kind === "unavailable") throw error;
      const { code, message, next } = error;
      await settle(work, { state: "failed", reason: message, failure: { code, message, next } });
    } finally {
      launching.delete(work.id);
    }
  }

  async function submit(spec: WorkSpec, order: WorkOrder): Promise<WorkHandle> {
    const able = await capabilities();
    if (!able.canGrow) refuseWhatNeverFits(name, spec.resources, able.largest);
    if (spec.image !== null && performer.images === null) throw imagesUnknown(name);
    const id = createId("work", clock);
    const { work, isNew } = await insertWork(db, {
      id,
      target: name,
      order,
      spec,
      sealedVariables: await parts.sealed.seal(id, spec.variables),
      runner: runner.id,
      nowMs: clock.nowMs(),
    });
    if (!work.isLaunched && work.status.endedAtMs === null) await launch(work, isNew);
    return { target: name, work: work.id };
  }

  async function look(work: Work): Promise<void> {
    if (work.status.endedAtMs !== null || !work.isLaunched) return;
    if (performance.now() - (lookedAt.get(work.id) ?? Number.NEGATIVE_INFINITY) < lookEveryMs) return;
    lookedAt.set(work.id, performance.now());
    const inspection = await inspect(work);
    if (inspection === undefined) return;
    // Its own report may have arrived while we asked, and that counts.
    const now = await requireWork(db, work.id);
    if (now.status.endedAtMs !== null) return;
    const verdict = judge(now, inspection, clock.nowMs());
    if (verdict.kind === "reason" && (await updateOpenWork(db, work.id, { reason: verdict.reason })))
      changes.announce(work.id);
    if (verdict.kind !== "end") return;
    if (verdict.isStopNeeded) await performer.stop(work);
    await settle(work, verdict.end);
  }

  async function inspect(work: Work): Promise<Inspection | undefined> {
    try {
      return await performer.inspect(work);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const reason = `${error.message} Work that runs there goes on.`;
      if (await updateOpenWork(db, work.id, { reason })) changes.announce(work.id);
      return undefined;
    }
  }

  async function poll(handle: WorkHandle, wait: PollWait = {}) {
    const deadline = performance.now() + (wait.waitMs ?? 0);
    for (;;) {
      await look(await requireWork(db, handle.work));
      const work = await requireWork(db, handle.work);
      const { status } = work;
      const { known: before } = wait;
      const isNews = before === undefined || before.state !== status.state || before.reason !== status.reason;
      const leftMs = deadline - performance.now();
      const isDone = status.endedAtMs !== null || leftMs <= 0 || wait.signal?.aborted === true;
      if (isDone || (isNews && before !== undefined)) return status;
      await changes.next(work.id, Math.min(leftMs, lookEveryMs), wait.signal);
    }
  }

  return {
    name,
    kind: performer.kind,
    images: performer.images,
    surroundings: createSurroundings({ db, clock, capabilities }, { name, images: performer.images }),
    serverUrl: () => performer.serverUrl(),
    capabilities,
    submit,
    poll,
    logs: async (handle, cursor) => await parts.logs.read(await requireWork(db, handle.work), cursor),
    async cancel(handle, graceMs) {
      const work = await requireWork(db, handle.work);
      if (work.status.endedAtMs !== null) return;
      const stop = { stop_requested_at_ms: clock.nowMs(), stop_grace_ms: graceMs };
      if (work.stop === null) await updateOpenWork(db, work.id, stop);
      if (performer.requestStop !== undefined) return performer.requestStop(work, graceMs);
      if (work.status.state !== "queued" || work.heardAtMs !== null) return;
      await performer.stop(work);
      await settle(work, { state: "cancelled", reason: "It was cancelled before it began." });
    },
    async find(idempotencyKey) {
      const work = await readWorkId(db, name, idempotencyKey);
      return work === undefined ? undefined : { target: name, work };
    },
    async list(owner) {
      const open = await listOpenWork(db, { target: name, owner });
      return open.map((work) => ({
        handle: { target: name, work: work.id },
        idempotencyKey: work.order.idempotencyKey,
        status: work.status,
      }));
    },
  };
}

/** Throws `work_not_found`. */
export async function requireWork(db: Database, id: string): Promise<Work> {
  const work = await readWork(db, id);
  if (work !== undefined) return work;
  throw new Problem(problems.work_not_found, { message: `There is no work ${id} at a compute target.` });
}
