import { Problem } from "#kernel/errors";
import type { RolloutStep } from "#objectives";

import { failedGates } from "./judge.ts";
import type { Approval, DesiredRouting, GateResult, Release } from "./index.ts";
import { notWaiting, problems } from "./problems.ts";

/** Where a release goes once its gates are judged. */
export function afterJudging(
  release: Release,
  gates: readonly GateResult[],
): "refused" | "awaiting_approval" {
  return failedGates(gates).length > 0 && release.exception === null ? "refused" : "awaiting_approval";
}

/**
 * How many people other than the author must agree, now that the gates are judged. A gate that could not
 * decide is no gate: then at least one person looks, also where the charter asks for nobody. A baseline is
 * what the others are measured by, so nothing is undecided about it.
 */
export function approvalsAsked(
  release: Pick<Release, "approvalsNeeded">,
  gates: readonly GateResult[],
  isBaseline: boolean,
): number {
  const isUndecided = !isBaseline && gates.some(({ verdict }) => verdict === "inconclusive");
  return isUndecided ? Math.max(1, release.approvalsNeeded) : release.approvalsNeeded;
}

/** Checks that they may approve and adds the approval; the same list when the same person did before. */
export function addApproval(release: Release, approval: Approval): readonly Approval[] {
  if (release.state !== "awaiting_approval") throw notWaiting(release);
  if (approval.by === release.author || approval.by === release.requestedBy) {
    const role = approval.by === release.author ? "made this version" : "asked for this release";
    throw new Problem(problems.approval_by_author, {
      message: `${approval.by} ${role} and cannot approve ${release.id}: it takes another person.`,
    });
  }
  return release.approvals.some((one) => one.by === approval.by)
    ? release.approvals
    : [...release.approvals, approval];
}

export function missingApprovals(release: Pick<Release, "approvalsNeeded" | "approvals">): number {
  return Math.max(0, release.approvalsNeeded - release.approvals.length);
}

/** The step after `current`, or undefined when `current` was the last. */
export function nextStep(
  release: Pick<Release, "steps">,
  current: number | null,
): { readonly index: number; readonly step: RolloutStep } | undefined {
  const index = current === null ? 0 : current + 1;
  const step = release.steps[index];
  return step === undefined ? undefined : { index, step };
}

export function endedAs(
  release: Release,
  state: "refused" | "declined" | "superseded" | "rolled_back",
  endReason: string,
  endedAtMs: number,
): Release {
  return { ...release, state, endReason, endedAtMs };
}

/** Whom an event about a release is about, and who caused it. */
export function subjectOf(
  release: Release,
  actor: string,
): { subject: string; project: string; actor: string } {
  return { subject: release.id, project: release.project, actor };
}

/** What should answer, from the releases of one environment. */
export function routingOf(live: Release | undefined, rollingOut: Release | undefined): DesiredRouting {
  return {
    live: live === undefined ? null : variantOf(live),
    candidate: rollingOut === undefined ? null : candidateOf(rollingOut),
  };
}

function variantOf(release: Release): {
  releaseId: string;
  modelVersionId: string;
  threshold: number | null;
} {
  return { releaseId: release.id, modelVersionId: release.modelVersionId, threshold: release.threshold };
}

function candidateOf(release: Release): DesiredRouting["candidate"] {
  const step = release.currentStep === null ? undefined : release.steps[release.currentStep];
  switch (step?.kind) {
    case "shadow":
      return { ...variantOf(release), kind: "shadow" };
    case "canary":
      return { ...variantOf(release), kind: "canary", share: step.share };
    case "all":
    case undefined:
      return null;
  }
}
