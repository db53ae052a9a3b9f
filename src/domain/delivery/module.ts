import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";
import { decisionRuleOf, generateGates, rolloutPlansOf } from "#objectives";
import type { Objectives, ProjectFile, RolloutPlan } from "#objectives";
import type { Registry } from "#registry";
import type { ErrorCosts } from "#stats";

import type { DeliveryCommands, RequestRelease } from "./commands.ts";
import type { Delivery, DesiredRouting, HoldoutEvidence, Release } from "./index.ts";
import { failedGates, judgeGates } from "./judge.ts";
import { problems } from "./problems.ts";
import { addApproval, afterJudging, missingApprovals, nextStep, routingOf } from "./release.ts";
import { createRoutes } from "./routes.ts";
import { readRelease, readReleases, saveRelease } from "./store.ts";
import { chooseThreshold, costCurve } from "./thresholds.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    /** Ends a step of a rollout when its time is over, unless the release has gone elsewhere meanwhile. */
    "delivery.advance": { readonly releaseId: string; readonly step: number };
  }
}

export interface DeliveryModule extends Delivery {
  readonly commands: DeliveryCommands;
  readonly routes: readonly Route[];
}

export interface DeliveryParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly objectives: Objectives;
  readonly registry: Registry;
}

export function createDelivery(parts: DeliveryParts): DeliveryModule {
  const { db, ledger, clock, jobs, blobs, objectives, registry } = parts;

  async function getRelease(id: string): Promise<Release> {
    const release = await readRelease(db, id);
    if (release === undefined) {
      throw new Problem(problems.release_not_found, { message: `There is no release ${id}.` });
    }
    return release;
  }

  const one = async (
    project: string,
    environment: string,
    state: Release["state"],
  ): Promise<Release | undefined> => (await readReleases(db, { project, environment, states: [state] }))[0];

  async function requestRelease(order: RequestRelease): Promise<Release> {
    const version = await registry.getVersion(order.modelVersionId);
    if (version.state !== "ready") {
      throw new Problem(problems.version_not_ready, {
        message: `Version ${version.number} of ${version.model} is ${version.state}${version.rejection === null ? "" : `: ${version.rejection}`}.`,
      });
    }
    const charter = await objectives.getCharter(order.project);
    const plan = planFor(charter.projectFile, order.environment);
    return await db.transaction(async () => {
      const rolling = await one(order.project, order.environment, "rolling_out");
      if (rolling !== undefined) throw underWay(rolling);
      const release: Release = {
        id: createId("release", clock),
        project: order.project,
        environment: order.environment,
        modelVersionId: version.id,
        model: version.model,
        number: version.number,
        state: "judging",
        requestedBy: order.actor,
        requestedAtMs: clock.nowMs(),
        author: version.actor,
        reason: order.reason ?? "asked for",
        threshold: null,
        thresholdCurve: [],
        gates: [],
        evidenceDigest: null,
        judgedAtMs: null,
        approvalsNeeded: plan.approvalsNeeded,
        approvals: [],
        exception: order.exception === undefined ? null : { by: order.actor, reason: order.exception },
        steps: plan.steps,
        currentStep: null,
        stepStartedAtMs: null,
        replaces: null,
        liveAtMs: null,
        endedAtMs: null,
        endReason: null,
      };
      await saveRelease(db, release);
      await ledger.append({
        kind: "release.requested",
        ...subjectOf(release, order.actor),
        data: {
          model: release.model,
          number: release.number,
          environment: release.environment,
          modelVersionId: release.modelVersionId,
          reason: release.reason,
          exception: order.exception ?? null,
        },
      });
      return release;
    });
  }

  async function recordEvidence(order: { releaseId: string; evidence: HoldoutEvidence }): Promise<Release> {
    const { evidence } = order;
    const stored = await blobs.put(Buffer.from(JSON.stringify(evidence)));
    const known = await getRelease(order.releaseId);
    const version = await registry.getVersion(known.modelVersionId);
    const charter = await objectives.getCharter(known.project);
    const { positive, costs } = decisionOf(charter.projectFile);
    if (evidence.candidate.length === 0) throw unusableHoldout(known);
    const decidesItself = version.kind === "rule";
    const threshold = decidesItself ? null : chooseThreshold(evidence.candidate, positive, costs);
    const gates = judgeGates(generateGates(charter.projectFile), evidence, {
      positive,
      costs,
      threshold,
      isBaseline: decidesItself,
    });

    return await db.transaction(async () => {
      const release = await getRelease(order.releaseId);
      if (release.state !== "judging") return release;
      const failed = failedGates(gates);
      const judged: Release = {
        ...release,
        threshold,
        thresholdCurve: decidesItself ? [] : costCurve(evidence.candidate, positive, costs),
        gates,
        evidenceDigest: stored.digest,
        judgedAtMs: clock.nowMs(),
        state: afterJudging(release, gates),
      };
      const ended: Release =
        judged.state === "refused"
          ? { ...judged, endedAtMs: clock.nowMs(), endReason: `gates failed: ${failed.join(", ")}` }
          : judged;
      await saveRelease(db, ended);
      const subject = subjectOf(release, "system");
      const verdict = failed.length === 0 ? "passed" : "failed";
      await ledger.append({ kind: "release.judged", ...subject, data: { verdict, failed, threshold } });
      if (ended.state === "refused")
        await ledger.append({ kind: "release.refused", ...subject, data: { failed } });
      return ended.state === "awaiting_approval" && missingApprovals(ended) === 0
        ? await beginRollout(ended)
        : ended;
    });
  }

  async function approveRelease(order: {
    releaseId: string;
    actor: string;
    note?: string;
  }): Promise<Release> {
    return await db.transaction(async () => {
      const release = await getRelease(order.releaseId);
      const approval = { by: order.actor, atMs: clock.nowMs(), note: order.note ?? null };
      const approved: Release = { ...release, approvals: addApproval(release, approval) };
      const missing = missingApprovals(approved);
      await saveRelease(db, approved);
      await ledger.append({
        kind: "release.approved",
        ...subjectOf(release, order.actor),
        data: { by: order.actor, note: approval.note, missing },
      });
      return missing === 0 ? await beginRollout(approved) : approved;
    });
  }

  async function declineRelease(order: {
    releaseId: string;
    actor: string;
    reason: string;
  }): Promise<Release> {
    return await db.transaction(async () => {
      const release = await getRelease(order.releaseId);
      if (release.state !== "awaiting_approval" && release.state !== "judging") throw notWaiting(release);
      const declined = ended(release, "declined", order.reason);
      await saveRelease(db, declined);
      await ledger.append({
        kind: "release.declined",
        ...subjectOf(release, order.actor),
        data: { reason: order.reason },
      });
      return declined;
    });
  }

  /** With nothing live there is nothing to compare a shadow or a canary with: the first release goes to all. */
  async function beginRollout(release: Release): Promise<Release> {
    const rolling = await one(release.project, release.environment, "rolling_out");
    if (rolling !== undefined) throw underWay(rolling);
    const live = await one(release.project, release.environment, "live");
    if (live === undefined) return await goLive(release, undefined);
    return await startStep({ ...release, state: "rolling_out" }, null);
  }

  async function startStep(release: Release, current: number | null): Promise<Release> {
    const next = nextStep(release, current);
    if (next === undefined || next.step.kind === "all") {
      return await goLive(release, await one(release.project, release.environment, "live"));
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
    for (const waiting of await readReleases(db, {
      project: release.project,
      environment: release.environment,
      states: ["awaiting_approval"],
    })) {
      if (waiting.id !== release.id && waiting.requestedAtMs <= release.requestedAtMs)
        await supersede(waiting, release);
    }
    await saveRelease(db, live);
    const subject = subjectOf(release, "system");
    await ledger.append({ kind: "rollout.step_started", ...subject, data: { step: "all", share: null } });
    await ledger.append({
      kind: "release.live",
      ...subject,
      data: { model: release.model, number: release.number, replaces: live.replaces },
    });
    return live;
  }

  async function supersede(release: Release, by: Release): Promise<void> {
    await saveRelease(db, ended(release, "superseded", `replaced by version ${by.number}`));
    await ledger.append({ kind: "release.superseded", ...subjectOf(release, "system"), data: { by: by.id } });
  }

  async function rollBack(order: {
    project: string;
    environment: string;
    actor: string;
    reason: string;
    releaseId?: string;
  }): Promise<Release> {
    return await db.transaction(async () => {
      const { project, environment } = order;
      const target =
        (await one(project, environment, "rolling_out")) ?? (await one(project, environment, "live"));
      if (target === undefined || (order.releaseId !== undefined && order.releaseId !== target.id)) {
        throw nothingToRollBack(order.releaseId ?? `${project} in ${environment}`);
      }
      const restored = target.state === "live" ? await restore(target) : undefined;
      const rolledBack = ended(target, "rolled_back", order.reason);
      await saveRelease(db, rolledBack);
      await ledger.append({
        kind: "release.rolled_back",
        ...subjectOf(target, order.actor),
        data: { reason: order.reason, restores: restored?.id ?? null },
      });
      return rolledBack;
    });
  }

  async function restore(target: Release): Promise<Release> {
    if (target.replaces === null) throw nothingToRollBack(target.id);
    const earlier = await getRelease(target.replaces);
    const live: Release = { ...earlier, state: "live", endedAtMs: null, endReason: null };
    await saveRelease(db, live);
    await ledger.append({
      kind: "release.live",
      ...subjectOf(live, "system"),
      data: { model: live.model, number: live.number, replaces: target.id },
    });
    return live;
  }

  const ended = (release: Release, state: Release["state"], endReason: string): Release => ({
    ...release,
    state,
    endReason,
    endedAtMs: clock.nowMs(),
  });

  jobs.define("delivery.advance", {
    concurrency: 1,
    maxAttempts: 5,
    timeoutMs: 30_000,
    run: async ({ payload }) => {
      await db.transaction(async () => {
        const release = await getRelease(payload.releaseId);
        if (release.state !== "rolling_out" || release.currentStep !== payload.step) return;
        await startStep(release, payload.step);
      });
    },
  });

  const delivery: DeliveryModule = {
    getRelease,
    listReleases: (project) => readReleases(db, { project }),
    liveRelease: (project, environment) => one(project, environment, "live"),
    listJudging: () => readReleases(db, { states: ["judging"] }),
    desiredRouting: async (project, environment): Promise<DesiredRouting> =>
      routingOf(await one(project, environment, "live"), await one(project, environment, "rolling_out")),
    commands: { requestRelease, recordEvidence, approveRelease, declineRelease, rollBack },
    get routes() {
      return createRoutes(delivery, delivery.commands, registry);
    },
  };
  return delivery;
}

function subjectOf(release: Release, actor: string): { subject: string; project: string; actor: string } {
  return { subject: release.id, project: release.project, actor };
}

function planFor(projectFile: ProjectFile, environment: string): RolloutPlan {
  const plan = rolloutPlansOf(projectFile).find((one) => one.environment === environment);
  if (plan !== undefined) return plan;
  throw new Problem(problems.environment_unknown, {
    message: `The charter names no environment ${environment}; it has ${projectFile.delivery.environments.join(", ")}.`,
  });
}

/** Without costs both errors count alike, as the charter's decision rule says. */
function decisionOf(projectFile: ProjectFile): { positive: string; costs: ErrorCosts } {
  const rule = decisionRuleOf(projectFile);
  if (rule === null) {
    throw new Problem(problems.nothing_to_decide, {
      message: `The charter of ${projectFile.project} names no positive class, so there is no decision to judge.`,
    });
  }
  return { positive: rule.positive, costs: rule.costs ?? { falseNegative: 1, falsePositive: 1 } };
}

function unusableHoldout(release: Release): Problem {
  return new Problem(problems.holdout_unusable, {
    message: `Version ${release.number} of ${release.model} cannot be judged: its held-out rows are empty or lack the target.`,
  });
}

function underWay(rolling: Release): Problem {
  return new Problem(problems.release_under_way, {
    message: `Version ${rolling.number} of ${rolling.model} is being rolled out to ${rolling.environment} (${rolling.id}).`,
  });
}

function notWaiting(release: Release): Problem {
  return new Problem(problems.release_not_waiting, {
    message: `Release ${release.id} is ${release.state.replaceAll("_", " ")}.`,
  });
}

function nothingToRollBack(what: string): Problem {
  return new Problem(problems.nothing_to_roll_back, {
    message: `There is no earlier release behind ${what}.`,
  });
}
