import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";
import { decisionRuleOf, generateGates, rolloutPlansOf } from "#objectives";
import type { Objectives, ProjectFile, RolloutPlan } from "#objectives";
import type { ModelVersion, Registry } from "#registry";
import type { ErrorCosts } from "#stats";

import type { DeliveryCommands, RequestRelease } from "./commands.ts";
import type { HoldoutEvidence, Release } from "./index.ts";
import { failedGates, judgeGates } from "./judge.ts";
import { problems, underWay, unusableHoldout } from "./problems.ts";
import { afterJudging, approvalsAsked, endedAs, missingApprovals, subjectOf } from "./release.ts";
import type { Rollout } from "./rollout.ts";
import { claimRelease, findOne, getRelease, lockEnvironment, saveRelease } from "./store.ts";
import { chooseThreshold, costCurve } from "./thresholds.ts";

export interface JudgingParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly objectives: Objectives;
  readonly registry: Pick<Registry, "getVersion">;
}

/** How a release begins: it is asked for, and judged on what staging measured. */
export function createJudging(
  parts: JudgingParts,
  rollout: Rollout,
): Pick<DeliveryCommands, "requestRelease" | "recordEvidence"> {
  const { db, ledger, clock, blobs, objectives, registry } = parts;

  async function requestRelease(order: RequestRelease): Promise<Release> {
    const version = await registry.getVersion(order.modelVersionId);
    refuseUnfit(version, order.project);
    const charter = await objectives.getCharter(order.project);
    const plan = planFor(charter.projectFile, order.environment);
    return await db.transaction(async () => {
      await lockEnvironment(db, order);
      const rolling = await findOne(db, order, "rolling_out");
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
    const known = await getRelease(db, order.releaseId);
    if (known.state !== "judging") return known;
    const stored = await blobs.put(Buffer.from(JSON.stringify(evidence)));
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
      const release = await claimRelease(db, order.releaseId);
      if (release.state !== "judging") return release;
      const failed = failedGates(gates);
      const judged: Release = {
        ...release,
        threshold,
        thresholdCurve: decidesItself ? [] : costCurve(evidence.candidate, positive, costs),
        gates,
        evidenceDigest: stored.digest,
        judgedAtMs: clock.nowMs(),
        approvalsNeeded: approvalsAsked(release, gates, decidesItself),
        state: afterJudging(release, gates),
      };
      const ended: Release =
        judged.state === "refused"
          ? endedAs(judged, "refused", `gates failed: ${failed.join(", ")}`, clock.nowMs())
          : judged;
      await saveRelease(db, ended);
      const subject = subjectOf(release, "system");
      const verdict = failed.length === 0 ? "passed" : "failed";
      await ledger.append({ kind: "release.judged", ...subject, data: { verdict, failed, threshold } });
      if (ended.state === "refused")
        await ledger.append({ kind: "release.refused", ...subject, data: { failed } });
      return ended.state === "awaiting_approval" && missingApprovals(ended) === 0
        ? await rollout.begin(ended)
        : ended;
    });
  }

  return { requestRelease, recordEvidence };
}

function refuseUnfit(version: ModelVersion, project: string): void {
  if (version.project !== project) {
    throw new Problem(problems.release_version_unknown, {
      message: `${project} has no model version ${version.id}.`,
    });
  }
  if (version.kind === "python") {
    throw new Problem(problems.version_not_runnable, {
      message: `Version ${version.number} of ${version.model} is a Python model that a client registered: it has no ONNX graph and no held-out rows.`,
    });
  }
  if (version.state === "ready") return;
  const reason = version.rejection === null ? "" : `: ${version.rejection}`;
  throw new Problem(problems.version_not_ready, {
    message: `Version ${version.number} of ${version.model} is ${version.state}${reason}.`,
  });
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
