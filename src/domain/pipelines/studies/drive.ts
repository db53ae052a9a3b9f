import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { Problem } from "#kernel/errors";
import type { Job, RunningJob } from "#kernel/jobs";

import type { Study, Trial } from "./entities.ts";
import type { OpenStudy, StudyParts } from "./parts.ts";
import { problems } from "./problems.ts";
import { openSampler } from "./samplers/open-sampler.ts";
import type { Sampler } from "./samplers/sampler.ts";
import { claimStudy, endStudy, holdsStudy, isStopRequested, readStudy, setReason } from "./store/studies.ts";
import { listTrials } from "./store/trials.ts";
import { beginTrial, cancelTrial, executeTrial, lookAtTrial } from "./trial.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "studies.drive": { readonly study: string };
  }
}

// Executions are worked on by whichever server has them, so their ends are looked for.
const firstLookMs = 25;
const longestLookMs = 500;

/**
 * The work of the job: keeps as many trials running as the study allows, from wherever an earlier server left
 * it, and ends the study. All it knows stands in the tables; every write of it happens in a transaction in
 * which it still holds the study, so that of two servers one counts.
 */
export async function driveStudy(parts: StudyParts, job: RunningJob<"studies.drive">): Promise<void> {
  const claimed = await parts.db.transaction(async () => await claimStudy(parts.db, job.payload.study));
  if (claimed === undefined) return;
  const { study, claim } = claimed;
  const open: OpenStudy = {
    id: study.id,
    write: async (work) =>
      await parts.db.transaction(async () => {
        if (!(await holdsStudy(parts.db, study.id, claim)))
          throw new Error(`study ${study.id} was taken over`);
        return await work();
      }),
  };
  const end = async (ending: Ending): Promise<void> =>
    await open.write(async () => {
      await writeEnd(parts, study, ending);
      await job.finish();
    });

  const say = async (reason: string): Promise<void> =>
    await open.write(() => setReason(parts.db, study.id, reason));
  let sampler: Sampler;
  try {
    if (study.declaration.sampler === "tpe") await say("It prepares Optuna.");
    sampler = await openSampler(parts, study, await listTrials(parts.db, study.id), job.signal);
  } catch (error) {
    job.signal.throwIfAborted();
    // What is wrong with this machine's Python will not mend itself by another try.
    if (!(error instanceof Problem) || error.kind === "unavailable") throw error;
    await cancelRunning(parts, open, study, "The study could not go on.");
    return await end({ state: "failed", reason: `${error.message} ${error.next}` });
  }
  try {
    await say("Its trials run.");
    await end(await runTrials(parts, open, study, sampler, job));
  } finally {
    await sampler.close();
  }
}

interface Ending {
  readonly state: "finished" | "stopped" | "failed";
  readonly reason: string;
}

async function runTrials(
  parts: StudyParts,
  open: OpenStudy,
  study: Study,
  sampler: Sampler,
  job: RunningJob<"studies.drive">,
): Promise<Ending> {
  const told = new Set((await listTrials(parts.db, study.id)).filter(hasEnded).map(({ number }) => number));
  for (let lookMs = firstLookMs; ; lookMs = Math.min(lookMs * 2, longestLookMs)) {
    job.signal.throwIfAborted();
    const trials = await listTrials(parts.db, study.id);
    for (const trial of trials) {
      if (!hasEnded(trial) || told.has(trial.number)) continue;
      await sampler.tell(trial);
      told.add(trial.number);
      // A study that gets on is not one that kills its servers.
      await open.write(job.progressed);
    }
    const ending = await endingOf(parts, study, trials);
    if (ending !== undefined) {
      await cancelRunning(parts, open, study, ending.reason);
      return ending;
    }
    const next = mayBegin(study, trials) ? await sampler.ask(trials.length, trials) : undefined;
    if (next !== undefined) {
      await beginTrial(parts, open, study, { number: trials.length, parameters: next });
    } else if (trials.every(hasEnded)) {
      return { state: "finished", reason: finishedReason(study, trials) };
    }
    const moved = next !== undefined || (await lookAtRunning(parts, open, study, trials));
    if (moved) lookMs = firstLookMs / 2;
    else await sleep(lookMs, undefined, { signal: job.signal });
  }
}

/** True when one of them was set off, or ended. */
async function lookAtRunning(
  parts: StudyParts,
  open: OpenStudy,
  study: Study,
  trials: readonly Trial[],
): Promise<boolean> {
  let moved = false;
  for (const trial of trials) {
    if (hasEnded(trial)) continue;
    const { execution } = trial;
    if (execution === null) {
      await executeTrial(parts, open, study, trial);
      moved = true;
    } else if (await lookAtTrial(parts, open, study, { ...trial, execution })) moved = true;
  }
  return moved;
}

const hasEnded = ({ state }: Trial): boolean => state !== "running";
const counts = ({ state }: Trial): boolean => state !== "cancelled";

function mayBegin({ declaration, wantedTrials }: Study, trials: readonly Trial[]): boolean {
  const running = trials.filter((trial) => !hasEnded(trial)).length;
  return running < declaration.parallel && trials.filter(counts).length < wantedTrials;
}

async function endingOf(
  parts: StudyParts,
  study: Study,
  trials: readonly Trial[],
): Promise<Ending | undefined> {
  if (await isStopRequested(parts.db, study.id)) return { state: "stopped", reason: "It was stopped." };
  const failed = trials.filter(
    ({ state, number }) => state === "failed" && number >= study.failuresCountFrom,
  );
  const { maximumFailures } = study.declaration;
  if (failed.length < maximumFailures) return undefined;
  const times = failed.length === 1 ? "A trial" : `${failed.length} trials`;
  return { state: "failed", reason: `${times} failed. The last one: ${failed.at(-1)?.reason ?? ""}` };
}

async function cancelRunning(parts: StudyParts, open: OpenStudy, study: Study, why: string): Promise<void> {
  for (const trial of await listTrials(parts.db, study.id)) {
    if (hasEnded(trial)) continue;
    await cancelTrial(parts, open, study, trial, `Its study ended: ${why}`);
  }
}

function finishedReason(study: Study, trials: readonly Trial[]): string {
  const had = trials.filter(counts).length;
  return had < study.wantedTrials ? `All ${had} points were tried.` : `All ${had} trials have ended.`;
}

const runStatuses = { finished: "finished", stopped: "killed", failed: "failed" } as const;

/** Ends a study with its run and its event, in the transaction it is called in. */
async function writeEnd(parts: StudyParts, study: Study, ending: Ending): Promise<void> {
  await endStudy(parts.db, study.id, { ...ending, nowMs: parts.clock.nowMs() });
  await parts.runs.finish(study.runId, runStatuses[ending.state], study.actor);
  await parts.ledger.append({
    kind: "study.finished",
    subject: study.id,
    project: study.project,
    actor: study.actor,
    data: { name: study.name, ...ending },
  });
}

const payloadSchema = z.object({ study: z.string() });

/** Ends a study whose job was given up, in the transaction that says so, for nobody will work on it again. */
export async function giveUpStudy(parts: StudyParts, job: Job, error: string): Promise<void> {
  const { study: id } = payloadSchema.parse(job.payload);
  const study = await readStudy(parts.db, id);
  if (study?.state !== "running") return;
  const reason = `It was given up after ${job.attempt} attempts: ${error} ${problems.study_given_up.next}`;
  await writeEnd(parts, study, { state: "failed", reason });
}
