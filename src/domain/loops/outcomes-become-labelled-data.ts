import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import { readDeclaredContract } from "#data";
import type { DatasetVersion } from "#data";
import { retrainingPolicyOf } from "#objectives";

import type { LoopParts } from "./parts.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "loops.gather_labelled_data": { readonly project: string };
  }
}

/**
 * Outcomes of predictions are labels nobody had to write. Once there are as many new ones as the charter
 * asks for (`retrain.when: { new_labels: n }`), they become the next version of the training data, and
 * the pipeline runs on it.
 */
export function outcomesBecomeLabelledData(parts: LoopParts): void {
  const { ledger, jobs, pipelines, data } = parts;

  ledger.on("outcomes-become-labelled-data", ["outcomes.recorded"], async (event) => {
    if (event.project === null) return;
    if ((await labelsAskedFor(parts, event.project)) === null) return;
    await jobs.enqueue({
      kind: "loops.gather_labelled_data",
      payload: { project: event.project },
      key: event.project,
      project: event.project,
    });
  });

  jobs.define("loops.gather_labelled_data", {
    concurrency: 1,
    maxAttempts: 3,
    timeoutMs: 600_000,
    run: async ({ payload: { project } }) => {
      const asked = await labelsAskedFor(parts, project);
      const dataset = await trainingDataset(parts, project);
      const newest = dataset === undefined ? undefined : await data.latestUsable(project, dataset);
      if (asked === null || newest === undefined) return;
      const fresh = await countNewLabels(parts, project, newest);
      if (fresh < asked) return;
      await gatherLabelledData(parts, project);
      const reason = `retrained because ${fresh} new labels arrived`;
      await pipelines.commands.execute({ project, purpose: { kind: "retrain", reason }, actor: "system" });
    },
  });
}

/**
 * Makes the next version of the training data: what the newest version holds, and behind it every
 * prediction whose outcome is known. Returns the version, the newest one when no outcome is new.
 */
export async function gatherLabelledData(
  parts: LoopParts,
  project: string,
): Promise<DatasetVersion | undefined> {
  const { data, monitoring, clock } = parts;
  const dataset = await trainingDataset(parts, project);
  if (dataset === undefined) return undefined;
  const newest = await data.latestUsable(project, dataset);
  if (newest === undefined) return undefined;
  const folder = await mkdtemp(join(parts.workFolder, "labels-"));
  try {
    const path = join(folder, "labelled.csv");
    const labelled = await monitoring.labelledRows({ project, untilMs: clock.nowMs(), path });
    if (labelled.rows === 0) return newest;
    const contract = await declaredContract(parts, project, dataset);
    const day = new Date(clock.nowMs()).toISOString().slice(0, 10);
    return await data.commands.extendVersion({
      versionId: newest.id,
      extension: { path, identity: "prediction_id" },
      source: `outcomes until ${day}`,
      actor: "system",
      ...(contract === undefined ? {} : { contract }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Known outcomes of predictions made since the training data was put together. */
async function countNewLabels(
  { monitoring }: LoopParts,
  project: string,
  newest: DatasetVersion,
): Promise<number> {
  const { windows } = await monitoring.coverage(project);
  return windows
    .filter((window) => window.endMs > newest.createdAtMs)
    .reduce((sum, window) => sum + window.outcomes, 0);
}

async function declaredContract(
  { objectives }: LoopParts,
  project: string,
  dataset: string,
): ReturnType<typeof readDeclaredContract> {
  const { folder } = await objectives.getProject(project);
  const declaration = (await objectives.getCharter(project)).projectFile.data[dataset];
  return folder === null || declaration === undefined
    ? undefined
    : await readDeclaredContract(folder, declaration);
}

/** The number of new labels that is reason enough to train again, or null when the charter names none. */
async function labelsAskedFor(parts: LoopParts, project: string): Promise<number | null> {
  const policy = retrainingPolicyOf((await parts.objectives.getCharter(project)).projectFile);
  const trigger = policy?.anyOf.find((one) => one.kind === "new_labels");
  return trigger?.kind === "new_labels" ? trigger.count : null;
}

/** The data set that models learn from: the one the charter's pipeline reads; with one, there is no question. */
async function trainingDataset(parts: LoopParts, project: string): Promise<string | undefined> {
  const { projectFile } = await parts.objectives.getCharter(project);
  return Object.keys(projectFile.data)[0];
}
