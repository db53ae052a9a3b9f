import type { Digest } from "#kernel/digest";

import type { Resources } from "./definition/settings.ts";
import type { Stage } from "./definition/stages.ts";

export type { Resources, RetryCause, RetryPolicy, StageSettings } from "./definition/settings.ts";
export type { Stage, StageOut, StageParameters } from "./definition/stages.ts";

/**
 * An execution: queued → running → succeeded | failed | cancelled. A server that was killed leaves it
 * running; the next one goes on with it.
 */
export type ExecutionState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/**
 * A step: waiting → cached, or waiting → running → succeeded | failed | cancelled, or waiting → skipped
 * | cancelled. A running step goes back to waiting when its server died, when it was preempted, and when
 * its stage says that such a failure is tried again; `waitingReason` says what a waiting step waits for.
 */
export type StepState = "waiting" | "running" | "succeeded" | "cached" | "failed" | "skipped" | "cancelled";

/**
 * Why an execution was begun. `retrain` and `schedule` are the charter's retrainings; `trigger` is a
 * schedule, a webhook or new data that the pipeline itself has been given, `backfill` a partition of one.
 */
export interface Purpose {
  readonly kind: "requested" | "retrain" | "schedule" | "trigger" | "backfill" | "study";
  readonly reason: string;
  readonly incident?: string;
  /** The id of the schedule, trigger or backfill. */
  readonly source?: string;
  /** The study it is a trial of, its number there, and the run that tracks the trial. */
  readonly study?: string;
  readonly trial?: number;
  readonly runId?: string;
  /** Of what a clock began: the time it was meant for, however late it was taken up. */
  readonly nominalAtMs?: number;
  /** Of what a task of another system asked for: the run of that task, and the outermost run around it. */
  readonly parent?: ForeignRun;
  readonly root?: ForeignRun;
}

/** A run of another system, as lineage names it. */
export interface ForeignRun {
  readonly namespace: string;
  readonly job: string;
  /** A UUID. */
  readonly runId: string;
}

/** What stopped an execution or a step, in words for its reader. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  /** The end of what was printed, where no step has it. */
  readonly lastLines?: readonly string[];
}

/** One run of a pipeline, or of a part of it. */
export interface Execution {
  readonly id: string;
  readonly project: string;
  readonly state: ExecutionState;
  readonly purpose: Purpose;
  /** What was set for this run: a key of params.yaml, or `file:key`, to its value. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Empty for the whole pipeline. */
  readonly targets: readonly string[];
  /** Whether every stage of the pipeline took part. */
  readonly complete: boolean;
  /** Of the tree of the project's files, without data and results. */
  readonly codeDigest: Digest;
  /** The id of the version used, by data set. */
  readonly datasetVersions: Readonly<Record<string, string>>;
  /** Null until it is known, and where the project names no Python. */
  readonly environmentDigest: Digest | null;
  readonly actor: string;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly failure: Failure | null;
  /** Why it was cancelled, where whoever did so said: a whole sentence. */
  readonly cancelReason: string | null;
  /** What it waits for when nothing of it runs; null otherwise. */
  readonly waitingReason: string | null;
  /** In an order in which each comes after those it depends on. */
  readonly steps: readonly Step[];
}

/** An attempt of a step that was not its last. */
export interface EarlierAttempt {
  readonly attempt: number;
  readonly outcome: "failed" | "preempted" | "lost";
  readonly exitCode: number | null;
  /** Why it ended, and what came of it. */
  readonly reason: string;
  readonly runId: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** A question that a person answers before a step runs. */
export interface Approval {
  readonly question: string;
  readonly askedAtMs: number;
  /** Null while nobody has answered. */
  readonly answer: "approved" | "declined" | null;
  readonly note: string | null;
  readonly actor: string | null;
  readonly answeredAtMs: number | null;
}

/** One stage within one execution. */
export interface Step {
  readonly id: string;
  /** Such as `train`, or `train@small`. */
  readonly stage: string;
  readonly command: string;
  readonly state: StepState;
  /** How often it was started: more than once after a retry, a preemption, or the death of a server. */
  readonly attempt: number;
  /** How many of the attempts were tries after a failure, which its stage limits. */
  readonly retries: number;
  readonly cacheKey: Digest | null;
  /** One sentence: why it ran, or why not, naming what differed. */
  readonly reason: string;
  /** What a waiting step waits for: earlier stages, free resources, an answer, the time of its retry. Null otherwise. */
  readonly waitingReason: string | null;
  /** The run that tracked it; for a cached step that of the step whose results it took. */
  readonly runId: string | null;
  readonly exitCode: number | null;
  readonly failure: Failure | null;
  /** The end of its log. */
  readonly lastLines: readonly string[];
  /** When all that it depends on was there. */
  readonly readyAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly dependsOn: readonly string[];
  readonly priority: number;
  readonly resources: Resources;
  readonly outs: readonly StepOut[];
  /** The numbers of its metrics files, by path within them. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** An execution without its steps, and what follows from them. */
export type ExecutionRecord = Omit<Execution, "steps" | "waitingReason">;

/** A step with the stage it was and what it was made from: for whoever tells of steps one at a time. */
export interface StepRecord {
  readonly execution: ExecutionRecord;
  readonly step: Step;
  readonly stage: Stage;
  /** Null until they were computed. */
  readonly keyParts: KeyParts | null;
}

/** A path a step produced, and what it held. */
export interface StepOut {
  readonly path: string;
  /** Of the bytes of a file, or of the listing of a folder. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly kind: "out" | "metrics" | "plots";
  readonly isFolder: boolean;
}

/** What the result of a step depends on. Two steps with equal parts have the same cache key and share results. */
export interface KeyParts {
  readonly commands: readonly string[];
  readonly wdir: string;
  readonly deps: Readonly<Record<string, Digest>>;
  /** The values by file and key; the key is empty for a whole file. */
  readonly params: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Of the environment as it was built here; of one that is built elsewhere, of what it is built from. */
  readonly environment: Digest | null;
  readonly outs: readonly string[];
  /** Names of secrets, never their values; absent where there are none. */
  readonly secrets?: readonly string[];
  /** The image it runs in, by its digest where one is given. This and the next two: only of steps that run elsewhere. */
  readonly image?: string;
  /** Of the machines there, such as `linux/amd64`. */
  readonly platform?: string;
  /** The version of the Python that is found there. */
  readonly interpreter?: string;
}

export const differenceParts = [
  "command",
  "wdir",
  "dependency",
  "parameter",
  "environment",
  "image",
  "platform",
  "interpreter",
  "outs",
  "secrets",
] as const;
export type DifferencePart = (typeof differenceParts)[number];

/** A part in which two sets of parts differ. */
export interface Difference {
  readonly part: DifferencePart;
  /** The path, or `key in file`; empty where there is one only. */
  readonly name: string;
  readonly before: string | null;
  readonly now: string | null;
  /** Of a folder, the files in it that differ, where the earlier ones are still known. */
  readonly files?: readonly string[];
}

/** Whether a stage would run now, and why. */
export interface StepExplanation {
  readonly stage: string;
  readonly verdict: "cached" | "runs";
  readonly sentence: string;
  /** From the earlier result that differs in the fewest parts. */
  readonly differences: readonly Difference[];
  /** Null when an earlier stage runs first, whose results are not known yet. */
  readonly cacheKey: Digest | null;
  readonly now: KeyParts | null;
  readonly last: KeyParts | null;
  /** The step whose result is compared with. */
  readonly lastStep: { readonly execution: string; readonly step: string; readonly atMs: number } | null;
}

/** The pipeline as it stands in the project's folder. */
export interface PlannedGraph {
  readonly file: string;
  readonly codeDigest: Digest | null;
  readonly stages: readonly PlannedStage[];
}

export interface PlannedStage extends Stage {
  readonly dependsOn: readonly string[];
  /** Null for this machine. */
  readonly target: string | null;
  /** Its own, or that of its target; null where it runs in none. */
  readonly image: string | null;
}
