import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { placeOf } from "../repository/repository.ts";
import type { Project } from "../repository/project.ts";
import { addressOf, keyOf } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";
import { readEnvironment } from "../repro/environment.ts";
import { openLockWriter } from "../repro/lock-writer.ts";
import type { LockWriter } from "../repro/lock-writer.ts";
import { planReproduction } from "../repro/plan.ts";
import type { Plan, PlanOptions } from "../repro/plan.ts";
import { pullRuns, pullStage } from "../repro/pull-stage.ts";
import { reproduceStage } from "../repro/reproduce.ts";
import type { ReproduceOptions, ReproduceParts } from "../repro/reproduce.ts";
import { openRunCache } from "../repro/run-cache.ts";
import type { Session } from "../session.ts";
import { chooseStages } from "./targets.ts";
import { trackInGit } from "./track-in-git.ts";

export interface ReproOptions extends PlanOptions {
  readonly targets: readonly string[];
  readonly isRecursive?: boolean;
  readonly isGlob?: boolean;
  /** Every pipeline of the repository. */
  readonly isEverything?: boolean;
  readonly isForced?: boolean;
  /** Run also what depends on a stage that ran. */
  readonly isForcedDownstream?: boolean;
  readonly isDry?: boolean;
  readonly isNotCommitted?: boolean;
  readonly isWithoutRunCache?: boolean;
  readonly allowsMissing?: boolean;
  readonly checksEnvironment?: boolean;
  /** What becomes of the others when a stage fails. */
  readonly onError?: "fail" | "keep-going" | "ignore";
  /** How many stages may run beside each other. */
  readonly jobs?: number;
  /** Bring missing data from the default remote. */
  readonly isPulling?: boolean;
  confirm?(stage: TrackedStage): Promise<boolean>;
}

/** The stages that were reproduced. Throws `dvc_reproduction_failed`, with the failures as its cause. */
export async function repro(session: Session, options: ReproOptions): Promise<readonly TrackedStage[]> {
  const project = await session.loadProject();
  const targets = options.isEverything === true ? [] : await chosenStages(session, project, options);
  const plan = planReproduction(project, targets, options);
  const parts = reproduceParts(session, plan);
  if (options.isPulling === true && options.isWithoutRunCache !== true) await pullRuns(session);
  const walk = async (): Promise<Outcome> => await walkPlan(parts, plan, options);
  const outcome = (options.jobs ?? 1) > 1 ? await session.lock.whileShared(walk) : await walk();
  trackInGit(session, [...parts.changedFiles]);
  if (outcome.failed.size > 0 && options.onError !== "ignore")
    throw reproductionFailed(session, outcome.failed);
  return outcome.reproduced;
}

async function chosenStages(
  session: Session,
  project: Project,
  options: ReproOptions,
): Promise<readonly TrackedStage[]> {
  const targets = options.targets.length === 0 ? ["dvc.yaml"] : options.targets;
  const chosen = await chooseStages(session, project, {
    targets,
    isRecursive: options.isRecursive ?? false,
    isGlob: options.isGlob ?? false,
  });
  return [...new Set(chosen.map(({ stage }) => stage))];
}

function reproduceParts(session: Session, plan: Plan): ReproduceParts {
  const writers = new Map<string, LockWriter>();
  return {
    session,
    runCache: openRunCache(session.repository.cacheFolder),
    environment: readEnvironment(session.repository.root),
    signal: new AbortController().signal,
    changedFiles: new Set(),
    lockWriterOf(file) {
      const known = writers.get(file);
      if (known !== undefined) return known;
      const lockPath = file.replace(/\.yaml$/, ".lock");
      const order = plan.stages.flatMap((stage) =>
        stage.file === file && stage.name !== undefined ? [stage.name] : [],
      );
      const writer = openLockWriter(lockPath, placeOf(session.repository, lockPath), order);
      writers.set(file, writer);
      return writer;
    },
  };
}

interface Outcome {
  readonly reproduced: readonly TrackedStage[];
  readonly failed: ReadonlyMap<TrackedStage, unknown>;
}

/**
 * Works through a plan with up to `jobs` stages at a time, each once everything it reads is up to date, the
 * first of the plan first. With one job this is the order in which DVC goes.
 */
async function walkPlan(parts: ReproduceParts, plan: Plan, options: ReproOptions): Promise<Outcome> {
  const { session } = parts;
  const jobs = Math.max(1, options.jobs ?? 1);
  const failed = new Map<TrackedStage, unknown>();
  const ended = new Set<string>();
  const skipped = new Set<string>();
  const forced = new Set(options.isForced === true ? plan.stages.map(keyOf) : []);
  const reproduced: TrackedStage[] = [];
  const waiting = [...plan.stages];
  const running = new Set<Promise<void>>();
  let isStopped = false;
  let isFirst = true;

  const begin = async (stage: TrackedStage): Promise<void> => {
    const key = keyOf(stage);
    try {
      const isReproduced = await reproduceStage(
        parts,
        stage,
        stageOptions(session, options, forced.has(key), jobs > 1),
      );
      if (isReproduced) reproduced.push(stage);
      if (options.isForcedDownstream === true && (isReproduced || forced.has(key)))
        for (const [reader, needs] of plan.dependsOn) if (needs.includes(key)) forced.add(reader);
    } catch (error) {
      failed.set(stage, error);
      if (options.onError === undefined || options.onError === "fail") isStopped = true;
      else tellFailure(session, plan, stage, error, options.onError, skipped);
    }
    ended.add(key);
  };
  while (waiting.length > 0 || running.size > 0) {
    while (!isStopped && running.size < jobs) {
      const index = waiting.findIndex((stage) =>
        (plan.dependsOn.get(keyOf(stage)) ?? []).every((earlier) => ended.has(earlier)),
      );
      const [stage] = index < 0 ? [] : waiting.splice(index, 1);
      if (stage === undefined) break;
      if (skipped.has(keyOf(stage))) {
        ended.add(keyOf(stage));
        continue;
      }
      if (!isFirst && reproduced.length > 0 && jobs === 1 && reproduced.at(-1) === lastEnded(plan, ended))
        session.voice.say("");
      isFirst = false;
      // One after the other, the session's lock is ours; beside each other, stages take turns with it.
      const run = jobs === 1 ? begin(stage) : session.lock.during(async () => await begin(stage));
      const done: Promise<void> = run.finally(() => running.delete(done));
      running.add(done);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  return { reproduced: plan.stages.filter((stage) => reproduced.includes(stage)), failed };
}

function lastEnded(plan: Plan, ended: ReadonlySet<string>): TrackedStage | undefined {
  const key = [...ended].at(-1);
  return plan.stages.find((stage) => keyOf(stage) === key);
}

function stageOptions(
  session: Session,
  options: ReproOptions,
  isForced: boolean,
  isBeside: boolean,
): ReproduceOptions {
  return {
    isForced,
    isDry: options.isDry ?? false,
    usesRunCache: options.isWithoutRunCache !== true,
    isCommitted: options.isNotCommitted !== true,
    allowsMissing: options.allowsMissing ?? false,
    checksEnvironment: options.checksEnvironment ?? false,
    isBeside,
    ...(options.isPulling === true ? { pull: async (stage) => await pullStage(session, stage) } : {}),
    ...(options.confirm === undefined ? {} : { confirm: options.confirm }),
  };
}

function tellFailure(
  { voice, show }: Session,
  plan: Plan,
  stage: TrackedStage,
  error: unknown,
  onError: "keep-going" | "ignore",
  skipped: Set<string>,
): void {
  const reason = error instanceof Error ? error.message : String(error);
  voice.warn(`${reason}${onError === "ignore" ? " (ignored)" : ""}`);
  if (onError === "ignore") return;
  const dependents = plan.dependents(keyOf(stage));
  for (const key of dependents) skipped.add(key);
  if (dependents.size === 0) return;
  const names = plan.stages
    .filter((one) => dependents.has(keyOf(one)))
    .map((one) => `'${addressOf(one, show)}'`);
  voice.warn(
    `${names.length > 1 ? "Stages" : "Stage"} ${joinNames(names)} will be skipped due to this failure`,
  );
}

function reproductionFailed({ show }: Session, failed: ReadonlyMap<TrackedStage, unknown>): Problem {
  const names = [...failed.keys()].map((stage) => `'${addressOf(stage, show)}'`);
  const [cause] = failed.values();
  const isOne = names.length === 1;
  const reason = isOne && cause instanceof Error ? `: ${cause.message}` : "";
  return new Problem(problems.dvc_reproduction_failed, {
    message: `failed to reproduce${isOne ? "" : " stages:"} ${joinNames(names)}${reason}`,
    ...(isOne && cause instanceof Problem && cause.position !== undefined
      ? { position: cause.position }
      : {}),
    ...(isOne && cause instanceof Problem ? { next: cause.next } : {}),
    data: { stages: [...failed.keys()].map((stage) => addressOf(stage, show)) },
    cause,
  });
}

export function joinNames(names: readonly string[]): string {
  return names.length <= 1 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}
