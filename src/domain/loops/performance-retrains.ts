import type { Release } from "#delivery";
import { dayMs } from "#kernel/clock";
import type { RetrainingPolicy } from "#objectives";

import type { LoopParts } from "./parts.ts";
import { gatherLabelledData, isUnderWay, retrainingPolicy, retrainings } from "./retraining.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "loops.retrain": { readonly project: string; readonly incidentId: string };
  }
}

/**
 * A performance incident retrains on the outcomes there are by then. While the incident stays open and
 * nothing better is on its way, it tries again after the charter's cooldown: the first days after a
 * change hold few examples of it, and a candidate of them may fail its gates.
 */
export function performanceRetrains(parts: LoopParts): void {
  const { ledger, jobs, objectives, pipelines, monitoring, delivery, clock } = parts;

  ledger.on("performance-retrains", ["incident.opened"], async (event) => {
    if (event.data.kind !== "performance" || event.project === null) return;
    if (!asksFor(await retrainingPolicy(parts, event.project))) return;
    await enqueue(event.project, event.subject, clock.nowMs());
  });

  const enqueue = async (project: string, incidentId: string, runAtMs: number): Promise<void> => {
    await jobs.enqueue({
      kind: "loops.retrain",
      payload: { project, incidentId },
      key: `${incidentId}:${runAtMs}`,
      project,
      runAtMs,
    });
  };

  jobs.define("loops.retrain", {
    concurrency: 1,
    maxAttempts: 3,
    timeoutMs: 600_000,
    run: async ({ payload: { project, incidentId } }) => {
      const incident = await monitoring.getIncident(incidentId);
      if (incident.state !== "open") return;
      const policy = await retrainingPolicy(parts, project);
      if (!asksFor(policy)) return;
      await enqueue(project, incidentId, clock.nowMs() + Math.max(policy.cooldownMs, 1));
      if (await somethingIsOnItsWay(project, incident.openedAtMs)) return;
      await gatherLabelledData(parts, project);
      await pipelines.commands.execute({
        project,
        // Executions are the project's, open to whom the model may be closed: its figures stay in the incident.
        purpose: {
          kind: "retrain",
          reason: "retrained because of a performance incident",
          incident: incidentId,
        },
        actor: "system",
      });
    },
  });

  /** A retraining or a release under way, or one that is live since the incident and whose outcomes are still to come. */
  async function somethingIsOnItsWay(project: string, openedAtMs: number): Promise<boolean> {
    const isTraining = (await retrainings(parts, project)).some(isUnderWay);
    const { projectFile } = await objectives.getCharter(project);
    const patienceMs = projectFile.monitoring.outcomes.arriveWithinMs + judgedOverMs;
    const isPromising = (release: Release): boolean =>
      underWay.has(release.state) ||
      (release.state === "live" &&
        (release.liveAtMs ?? 0) > openedAtMs &&
        clock.nowMs() - (release.liveAtMs ?? 0) < patienceMs);
    return isTraining || (await delivery.listReleases(project)).some(isPromising);
  }
}

const underWay: ReadonlySet<Release["state"]> = new Set(["judging", "awaiting_approval", "rolling_out"]);
/** So many days of matured outcomes say whether a new version is better. */
const judgedOverMs = 3 * dayMs;

function asksFor(policy: RetrainingPolicy | null): policy is RetrainingPolicy {
  return policy?.anyOf.some((trigger) => trigger.kind === "performance") === true;
}
