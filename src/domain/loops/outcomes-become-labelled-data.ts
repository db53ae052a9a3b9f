import type { DatasetVersion } from "#data";
import { minuteMs } from "#kernel/clock";
import type { RetrainingPolicy } from "#objectives";

import type { LoopParts } from "./parts.ts";
import { cooledDownAtMs, gatherLabelledData, retrainingPolicy, trainingDataset } from "./retraining.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "loops.gather_labelled_data": { readonly project: string };
  }
}

/** Outcomes come in bursts, and are counted by windows, which monitoring brings up to date first. */
const gatheredAfterMs = minuteMs;

/**
 * Outcomes of predictions are labels nobody had to write. Once there are as many new ones as the charter
 * asks for (`retrain.when: { new_labels: n }`), and the cooldown after the last retraining is over, they
 * become the next version of the training data, and the pipeline runs on it.
 */
export function outcomesBecomeLabelledData(parts: LoopParts): void {
  const { ledger, clock, jobs, pipelines, data } = parts;

  ledger.on("outcomes-become-labelled-data", ["outcomes.recorded"], async (event) => {
    if (event.project === null) return;
    if (labelsAskedFor(await retrainingPolicy(parts, event.project)) === null) return;
    await jobs.enqueue({
      kind: "loops.gather_labelled_data",
      payload: { project: event.project },
      key: event.project,
      project: event.project,
      runAtMs: clock.nowMs() + gatheredAfterMs,
    });
  });

  jobs.define("loops.gather_labelled_data", {
    concurrency: 1,
    maxAttempts: 3,
    timeoutMs: 600_000,
    run: async ({ payload: { project } }) => {
      const policy = await retrainingPolicy(parts, project);
      const asked = labelsAskedFor(policy);
      const dataset = await trainingDataset(parts, project);
      const newest = dataset === undefined ? undefined : await data.latestUsable(project, dataset);
      if (policy === null || asked === null || newest === undefined) return;
      const fresh = await countNewLabels(parts, project, newest);
      if (fresh < asked) return;
      const allowedAtMs = await cooledDownAtMs(parts, project, policy);
      if (allowedAtMs > clock.nowMs()) {
        await jobs.enqueue({
          kind: "loops.gather_labelled_data",
          payload: { project },
          key: `${project}:${allowedAtMs}`,
          project,
          runAtMs: allowedAtMs,
        });
        return;
      }
      await gatherLabelledData(parts, project);
      const reason = `retrained because ${fresh} new labels arrived`;
      await pipelines.commands.execute({ project, purpose: { kind: "retrain", reason }, actor: "system" });
    },
  });
}

/** Known outcomes of predictions made since the training data was put together. */
async function countNewLabels(
  { monitoring }: LoopParts,
  project: string,
  newest: DatasetVersion,
): Promise<number> {
  const windows = await monitoring.quality(project, { metric: "coverage" });
  return windows
    .filter((window) => window.endMs > newest.createdAtMs)
    .reduce((sum, window) => sum + window.outcomes, 0);
}

/** The number of new labels that is reason enough to train again, or null when the charter names none. */
function labelsAskedFor(policy: RetrainingPolicy | null): number | null {
  const trigger = policy?.anyOf.find((one) => one.kind === "new_labels");
  return trigger?.kind === "new_labels" ? trigger.count : null;
}
