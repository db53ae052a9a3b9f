import { domainText } from "#objectives";

import type { Study, Trial, TrialParameters } from "./entities.ts";
import type { StudyParts } from "./parts.ts";
import type { LoggedPoint } from "./ports.ts";

// The tags of a trial are those that Optuna's own callback for MLflow sets, so that what people wrote for it finds them.
const optunaStates = {
  running: "RUNNING",
  complete: "COMPLETE",
  pruned: "PRUNED",
  failed: "FAIL",
  cancelled: "FAIL",
} as const;

const runStatuses = {
  complete: "finished",
  pruned: "killed",
  failed: "failed",
  cancelled: "killed",
} as const;

/** The run of a study, which holds those of its trials. */
export async function startStudyRun(
  { runs }: Pick<StudyParts, "runs">,
  study: Omit<Study, "runId">,
): Promise<string> {
  const { declaration } = study;
  return await runs.start({
    project: study.project,
    name: study.name,
    tags: {
      "gyre.study": study.id,
      "gyre.sampler": declaration.sampler,
      "optuna.study_direction": declaration.objectives.map(({ goal }) => goal.toUpperCase()).join(","),
    },
    parameters: {},
    actor: study.actor,
    startedAtMs: study.createdAtMs,
  });
}

/** The run of a trial, under that of its study: its parameters are there from the start. */
export async function startTrialRun(
  { runs }: Pick<StudyParts, "runs">,
  study: Study,
  trial: { readonly number: number; readonly parameters: TrialParameters; readonly startedAtMs: number },
): Promise<string> {
  const { space, objectives } = study.declaration;
  const distributions = Object.entries(space).map(([name, domain]) => [
    `${runName(name)}_distribution`,
    domainText(domain),
  ]);
  return await runs.start({
    project: study.project,
    name: `${study.name} ${trial.number}`,
    parentRunId: study.runId,
    tags: {
      "gyre.study": study.id,
      "gyre.trial": String(trial.number),
      number: String(trial.number),
      state: optunaStates.running,
      direction: objectives.map(({ goal }) => goal.toUpperCase()).join(","),
      datetime_start: new Date(trial.startedAtMs).toISOString(),
      ...Object.fromEntries(distributions),
    },
    parameters: Object.fromEntries(
      Object.entries(trial.parameters).map(([name, value]) => [runName(name), String(value)]),
    ),
    actor: study.actor,
    startedAtMs: trial.startedAtMs,
  });
}

/** Writes how a trial ended to its run and, where it was completed, to the run of its study. */
export async function endTrialRun(
  { runs }: Pick<StudyParts, "runs">,
  study: Study,
  trial: Trial & { readonly state: keyof typeof runStatuses },
  { bests, nowMs }: { readonly bests: readonly number[] | null; readonly nowMs: number },
): Promise<void> {
  const names = study.declaration.objectives.map(({ metric }) => runName(metric));
  const pointsAt = (step: number, values: readonly number[], prefix = ""): readonly LoggedPoint[] =>
    values.map((value, index) => ({ key: `${prefix}${names[index] ?? "value"}`, value, step, atMs: nowMs }));
  await runs.log(trial.runId, {
    // After what was logged on the way, for the latest value of a metric is that of its greatest step.
    points: pointsAt((trial.curve.at(-1)?.[0] ?? -1) + 1, trial.values ?? []),
    tags: {
      state: optunaStates[trial.state],
      datetime_complete: new Date(nowMs).toISOString(),
      ...(trial.reason === "" ? {} : { "mlflow.note.content": trial.reason }),
    },
  });
  await runs.finish(trial.runId, runStatuses[trial.state], study.actor);
  if (trial.values === null) return;
  const points = [...pointsAt(trial.number, trial.values), ...pointsAt(trial.number, bests ?? [], "best_")];
  await runs.log(study.runId, { points });
}

/** MLflow's names hold no colon on every system: `other.yaml:depth` is `other.yaml/depth` there. */
function runName(name: string): string {
  return name.replaceAll(":", "/");
}
