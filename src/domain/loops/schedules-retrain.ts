import { Cron } from "croner";

import type { LoopParts } from "./parts.ts";
import {
  cooledDownAtMs,
  gatherLabelledData,
  isUnderWay,
  retrainingPolicy,
  retrainings,
} from "./retraining.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "loops.retrain_on_schedule": { readonly project: string; readonly cron: string };
  }
}

/**
 * Trains again at the times the charter names (`retrain.when: { schedule: "0 3 * * 1" }`, in UTC), on the
 * outcomes there are by then. A turn falls out while a retraining is under way or its cooldown lasts; of
 * turns that passed while nobody was looking, one is made up for.
 */
export function schedulesRetrain(parts: LoopParts): void {
  const { ledger, clock, jobs, pipelines } = parts;

  ledger.on("schedules-retrain", ["charter.applied"], async ({ project }) => {
    if (project === null) return;
    for (const cron of await schedulesOf(project)) await enqueueNext(project, cron);
  });

  jobs.define("loops.retrain_on_schedule", {
    concurrency: 1,
    maxAttempts: 3,
    timeoutMs: 600_000,
    run: async ({ payload: { project, cron } }) => {
      const policy = await retrainingPolicy(parts, project);
      if (policy === null || !(await schedulesOf(project)).includes(cron)) return;
      await enqueueNext(project, cron);
      if ((await retrainings(parts, project)).some(isUnderWay)) return;
      if ((await cooledDownAtMs(parts, project, policy)) > clock.nowMs()) return;
      await gatherLabelledData(parts, project);
      const reason = `retrained on schedule (${cron})`;
      await pipelines.commands.execute({ project, purpose: { kind: "schedule", reason }, actor: "system" });
    },
  });

  async function enqueueNext(project: string, cron: string): Promise<void> {
    const next = new Cron(cron, { timezone: "UTC" }).nextRun(new Date(clock.nowMs()));
    if (next === null) return;
    await jobs.enqueue({
      kind: "loops.retrain_on_schedule",
      payload: { project, cron },
      key: `${project}:${cron}:${next.getTime()}`,
      project,
      runAtMs: next.getTime(),
    });
  }

  async function schedulesOf(project: string): Promise<readonly string[]> {
    const triggers = (await retrainingPolicy(parts, project))?.anyOf ?? [];
    return triggers.flatMap((trigger) => (trigger.kind === "schedule" ? [trigger.cron] : []));
  }
}
