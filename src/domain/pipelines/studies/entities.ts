import type { Digest } from "#kernel/digest";

import type { SearchValue, StudyDeclaration } from "#objectives";

/**
 * A study: running → finished | stopped | failed; a stopped or failed one runs again when it is resumed, a
 * finished one when it is given more trials. A server that was killed leaves it running; the next goes on.
 */
export type StudyState = "running" | "finished" | "stopped" | "failed";

/**
 * A trial: running → complete | pruned | failed | cancelled. A cancelled one does not count among the trials
 * of its study; a pruned one does, and is no failure.
 */
export type TrialState = "running" | "complete" | "pruned" | "failed" | "cancelled";

export type TrialParameters = Readonly<Record<string, SearchValue>>;

/** A search over parameters of a project's pipeline. */
export interface Study {
  readonly id: string;
  readonly project: string;
  /** Of `studies:` in gyre.yaml, or one that its person gave. */
  readonly name: string;
  readonly declaration: StudyDeclaration;
  readonly state: StudyState;
  /** One sentence: what it does or waits for, or why it ended. */
  readonly reason: string;
  /** How many trials there will be; of a grid, its points. */
  readonly wantedTrials: number;
  /** All trials run this code on these versions, whatever happens to the folder meanwhile. */
  readonly codeDigest: Digest;
  readonly datasetVersions: Readonly<Record<string, string>>;
  /** The run that holds the runs of its trials. */
  readonly runId: string;
  readonly actor: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** Failures of earlier trials were forgiven when somebody resumed it. */
  readonly failuresCountFrom: number;
}

/** One execution of the pipeline with parameters of the study's choice. */
export interface Trial {
  readonly study: string;
  /** Counts from 0 within its study. */
  readonly number: number;
  readonly state: TrialState;
  readonly parameters: TrialParameters;
  /** Null until it was asked for. */
  readonly execution: string | null;
  readonly runId: string;
  /** In the order of the study's objectives; null where it did not come to its end. */
  readonly values: readonly number[] | null;
  /** What its runs logged on the way: (step, value), by step. */
  readonly curve: readonly (readonly [number, number])[];
  /** Successive halving: with which values it reached the rungs. */
  readonly rungs: readonly number[];
  /** Why it did not complete; empty where it did. */
  readonly reason: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

/** How many trials are in which state. */
export type TrialCounts = Readonly<Record<TrialState, number>>;
