import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import { readDeclaredContract } from "#data";
import type { DatasetVersion } from "#data";
import { retrainingPolicyOf } from "#objectives";
import type { RetrainingPolicy } from "#objectives";
import type { Execution } from "#pipelines";

import type { LoopParts } from "./parts.ts";

/** What is reason enough to train again, by the newest charter; null when it names nothing. */
export async function retrainingPolicy(parts: LoopParts, project: string): Promise<RetrainingPolicy | null> {
  return retrainingPolicyOf((await parts.objectives.getCharter(project)).projectFile);
}

/** What the loops began themselves, newest first. */
export async function retrainings(parts: LoopParts, project: string): Promise<readonly Execution[]> {
  const executions = await parts.pipelines.listExecutions(project, { limit: 50 });
  return executions.filter(({ purpose }) => isRetraining(purpose.kind));
}

export function isRetraining(purpose: string | null): boolean {
  return purpose === "retrain" || purpose === "schedule";
}

export function isUnderWay({ state }: Pick<Execution, "state">): boolean {
  return state === "queued" || state === "running";
}

/** When the cooldown after the last retraining, for whatever reason, is over. */
export async function cooledDownAtMs(
  parts: LoopParts,
  project: string,
  policy: RetrainingPolicy,
): Promise<number> {
  const [last] = await retrainings(parts, project);
  return last === undefined ? 0 : last.createdAtMs + policy.cooldownMs;
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

/** The data set that models learn from: the one the charter's pipeline reads; with one, there is no question. */
export async function trainingDataset(parts: LoopParts, project: string): Promise<string | undefined> {
  const { projectFile } = await parts.objectives.getCharter(project);
  return Object.keys(projectFile.data)[0];
}
