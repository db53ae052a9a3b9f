import { Problem } from "#kernel/errors";

import type { Execution } from "../entities.ts";
import { bestTrials } from "./best.ts";
import type { Study, Trial, TrialParameters } from "./entities.ts";
import { readObjectives } from "./objective-values.ts";
import type { OpenStudy, StudyParts } from "./parts.ts";
import { problems } from "./problems.ts";
import { judgeReports } from "./pruning.ts";
import type { Standing } from "./pruning.ts";
import { endTrial, insertTrial, listTrials, setCurve, setExecution } from "./store/trials.ts";
import { endTrialRun, startTrialRun } from "./trial-runs.ts";

/** Writes down that a trial of these parameters begins; its execution is asked for after that, by its name. */
export async function beginTrial(
  parts: StudyParts,
  open: OpenStudy,
  study: Study,
  next: { readonly number: number; readonly parameters: TrialParameters },
): Promise<void> {
  await open.write(async () => {
    const nowMs = parts.clock.nowMs();
    const runId = await startTrialRun(parts, study, { ...next, startedAtMs: nowMs });
    await insertTrial(parts.db, { study: study.id, ...next, runId, createdAtMs: nowMs });
    await parts.ledger.append({
      kind: "trial.started",
      subject: `${study.id}/${next.number}`,
      project: study.project,
      actor: study.actor,
      data: { study: study.id, number: next.number, parameters: next.parameters },
    });
  });
}

/**
 * Asks for the execution of a trial: under a key of its own, so that a server that died between the asking
 * and the writing down asks for the same one again. A trial that cannot begin has failed.
 */
export async function executeTrial(
  parts: StudyParts,
  open: OpenStudy,
  study: Study,
  trial: Trial,
): Promise<void> {
  let execution: Execution;
  try {
    execution = await parts.pipelines.commands.execute({
      project: study.project,
      targets: study.declaration.targets,
      parameters: trial.parameters,
      purpose: {
        kind: "study",
        reason: `trial ${trial.number} of ${study.name}`,
        study: study.id,
        trial: trial.number,
        runId: trial.runId,
      },
      datasetVersions: study.datasetVersions,
      codeDigest: study.codeDigest,
      actor: study.actor,
      idempotencyKey: `study:${study.id}:${trial.number}`,
    });
  } catch (error) {
    if (!(error instanceof Problem) || error.kind === "unavailable") throw error;
    const failed = { state: "failed", values: null, reason: error.message } as const;
    return await open.write(() => writeTrialEnd(parts, study, trial, failed));
  }
  await open.write(async () => {
    await setExecution(parts.db, trial, execution.id);
    await parts.runs.log(trial.runId, { tags: { "gyre.execution": execution.id } });
  });
}

/** Looks how a running trial fares: reads what its runs logged, prunes it, or writes down its end. True when it ended. */
export async function lookAtTrial(
  parts: StudyParts,
  open: OpenStudy,
  study: Study,
  trial: Trial & { readonly execution: string },
): Promise<boolean> {
  const watches = study.declaration.pruning !== null;
  const { endedAtMs } = await parts.pipelines.getExecutionRecord(trial.execution);
  if (endedAtMs === null && !watches) return false;
  const execution = await parts.pipelines.getExecution(trial.execution);
  const { verdict, ...reached } = watches
    ? await readReports(parts, study, trial, execution)
    : unwatched(trial);
  const now = { ...trial, ...reached };
  if (endedAtMs !== null) {
    const end = await endOf(parts, study, execution);
    await open.write(async () => {
      await writeReports(parts, study, trial, now);
      await writeTrialEnd(parts, study, now, end);
    });
    return true;
  }
  if (now.curve.length === trial.curve.length) return false;
  return await open.write(async () => {
    await writeReports(parts, study, trial, now);
    if (verdict === null) return false;
    const { state } = await parts.pipelines.commands.cancelExecution(execution.id, study.actor, verdict);
    // One that came to its end meanwhile is completed, and looked at again.
    if (state === "succeeded" || state === "failed") return true;
    await writeTrialEnd(parts, study, now, { state: "pruned", values: null, reason: verdict });
    return true;
  });
}

const unwatched = ({ curve, rungs }: Trial): Standing => ({ curve, rungs, verdict: null });

/** What the runs of the steps logged under the watched metric, and what the rule says of it. */
async function readReports(
  parts: StudyParts,
  study: Study,
  trial: Trial,
  execution: Execution,
): Promise<Standing> {
  const { pruning, objectives } = study.declaration;
  if (pruning === null) return unwatched(trial);
  const reports: [number, number][] = [];
  for (const { runId } of execution.steps) {
    if (runId === null) continue;
    for (const { step, value } of await parts.runs.readCurve(runId, pruning.metric))
      reports.push([step, value]);
  }
  const known = new Set(trial.curve.map(([step]) => step));
  if (reports.every(([step]) => known.has(step))) return unwatched(trial);
  const others = await listTrials(parts.db, study.id);
  return judgeReports({ trial, reports, others, pruning, goal: objectives[0]?.goal ?? "minimize" });
}

/** Keeps what was newly reported, with the trial and as points of its run. */
async function writeReports(parts: StudyParts, study: Study, before: Trial, now: Trial): Promise<void> {
  const { pruning } = study.declaration;
  if (pruning === null || now.curve.length === before.curve.length) return;
  await setCurve(parts.db, now, now);
  const known = new Set(before.curve.map(([step]) => step));
  const atMs = parts.clock.nowMs();
  const points = now.curve
    .filter(([step]) => !known.has(step))
    .map(([step, value]) => ({ key: pruning.metric, value, step, atMs }));
  await parts.runs.log(now.runId, { points });
}

type TrialEnd = Pick<Trial, "values" | "reason"> & {
  readonly state: "complete" | "pruned" | "failed" | "cancelled";
};

async function endOf(parts: StudyParts, study: Study, execution: Execution): Promise<TrialEnd> {
  if (execution.state === "cancelled") {
    return { state: "cancelled", values: null, reason: "Its execution was cancelled." };
  }
  if (execution.state !== "succeeded") {
    const reason = execution.failure?.message ?? "Its execution failed.";
    return { state: "failed", values: null, reason };
  }
  const values = await readObjectives(parts, execution, study.declaration.objectives);
  if (!("missing" in values)) return { state: "complete", values, reason: "" };
  const reason = `Neither a metrics file nor a run of its steps holds a number ${values.missing}. ${problems.objective_missing.next}`;
  return { state: "failed", values: null, reason };
}

/** Ends a trial whatever its execution does, which is cancelled where there is one. */
export async function cancelTrial(
  parts: StudyParts,
  open: OpenStudy,
  study: Study,
  trial: Trial,
  reason: string,
): Promise<void> {
  await open.write(async () => {
    if (trial.execution !== null)
      await parts.pipelines.commands.cancelExecution(trial.execution, study.actor, reason);
    await writeTrialEnd(parts, study, trial, { state: "cancelled", values: null, reason });
  });
}

/** Writes the end of a trial with its run and its event, once, in the transaction it is called in. */
async function writeTrialEnd(parts: StudyParts, study: Study, trial: Trial, end: TrialEnd): Promise<void> {
  const nowMs = parts.clock.nowMs();
  if (!(await endTrial(parts.db, trial, { ...end, nowMs }))) return;
  const { objectives } = study.declaration;
  const [best] = objectives.length === 1 ? bestTrials(await listTrials(parts.db, study.id), objectives) : [];
  await endTrialRun(parts, study, { ...trial, ...end }, { bests: best?.values ?? null, nowMs });
  await parts.ledger.append({
    kind: "trial.finished",
    subject: `${study.id}/${trial.number}`,
    project: study.project,
    actor: study.actor,
    data: { study: study.id, number: trial.number, ...end },
  });
}
