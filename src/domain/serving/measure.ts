import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import type { HoldoutEvidence, ScoredRow } from "#delivery";
import { nearestRankQuantile } from "#stats";

import type { InferenceAnswer, Infer } from "./inference-client.ts";
import type { InputValue } from "./index.ts";

/** A held-out row: what the model is asked, and what was true. */
export interface HoldoutRow {
  readonly inputs: Readonly<Record<string, InputValue>>;
  readonly actual: string;
  /** The columns that gates slice by. */
  readonly slices: Readonly<Record<string, string>>;
}

const rowsPerRequest = 200;

/** Asks a staged model for every held-out row, over HTTP, as a client would. */
export async function scoreHoldout(
  infer: Infer,
  rows: readonly HoldoutRow[],
  positive: string,
): Promise<ScoredRow[]> {
  const scored: ScoredRow[] = [];
  for (let from = 0; from < rows.length; from += rowsPerRequest) {
    const part = rows.slice(from, from + rowsPerRequest);
    const answers = await infer(part.map((row) => row.inputs));
    for (const [index, row] of part.entries()) {
      const answer = answers[index];
      if (answer === undefined)
        throw new Error(`the staged model answered ${answers.length} of ${part.length} rows`);
      scored.push(scoredRow(row, answer, positive));
    }
  }
  return scored;
}

function scoredRow(row: HoldoutRow, answer: InferenceAnswer, positive: string): ScoredRow {
  return {
    actual: row.actual,
    label: answer.label,
    score: clampProbability(answer.probabilities[positive] ?? 0),
    decision: answer.decision,
    slices: row.slices,
  };
}

/** Single precision can leave a probability a hair outside [0, 1]. */
function clampProbability(value: number): number {
  return Math.min(1, Math.max(0, value));
}

export interface LoadPlan {
  /** Requests that are not counted: a process compiles its hot path on the first ones. */
  readonly warmUp: number;
  readonly requests: number;
  readonly concurrency: number;
  /** The load ends here, however many requests are left. */
  readonly atMostMs: number;
}

/** Long enough for a p95 with an interval (400 answers), short enough to stand before every release. */
export const releaseLoad: LoadPlan = { warmUp: 60, requests: 400, concurrency: 4, atMostMs: 5_000 };

const mostRounds = 3;
const betweenRoundsMs = 500;
/** Of an undisturbed round on two cores the p95 is about twice the median; a neighbour's work makes it ten times. */
const disturbedRatio = 4;

/**
 * The load of the calmest of a few rounds. What else the machine does can only add to a latency, so a round
 * with a long tail is measured again, and the one with the lowest p95 says most about the model. A model that
 * is slow by itself is slow in every round.
 */
export async function measureCalmLoad(
  infer: Infer,
  rows: readonly HoldoutRow[],
  plan: LoadPlan,
): Promise<HoldoutEvidence["load"]> {
  let calmest = await measureLoad(infer, rows, plan);
  for (let round = 1; round < mostRounds && isDisturbed(calmest); round++) {
    await sleep(betweenRoundsMs);
    const next = await measureLoad(infer, rows, { ...plan, warmUp: 0 });
    if (p95Of(next) < p95Of(calmest)) calmest = next;
  }
  return calmest;
}

/** An answer that never came is slower than any that did. */
function p95Of({ latenciesMs, errors }: HoldoutEvidence["load"]): number {
  return nearestRankQuantile([...latenciesMs, ...Array.from({ length: errors }, () => Infinity)], 0.95);
}

function isDisturbed(load: HoldoutEvidence["load"]): boolean {
  return (
    load.latenciesMs.length > 0 && p95Of(load) > disturbedRatio * nearestRankQuantile(load.latenciesMs, 0.5)
  );
}

/** Sends single-row requests from several clients at once and keeps every latency. */
export async function measureLoad(
  infer: Infer,
  rows: readonly HoldoutRow[],
  plan: LoadPlan,
): Promise<HoldoutEvidence["load"]> {
  for (const row of rows.slice(0, plan.warmUp)) await infer([row.inputs]).catch(() => []);
  const latenciesMs: number[] = [];
  let errors = 0;
  let sent = 0;
  const startedMs = performance.now();

  async function client(): Promise<void> {
    while (sent < plan.requests && performance.now() - startedMs < plan.atMostMs) {
      const row = rows[sent++ % rows.length];
      if (row === undefined) return;
      const beforeMs = performance.now();
      try {
        await infer([row.inputs]);
        latenciesMs.push(performance.now() - beforeMs);
      } catch {
        errors += 1;
      }
    }
  }

  await Promise.all(Array.from({ length: plan.concurrency }, client));
  const tookSeconds = (performance.now() - startedMs) / 1_000;
  const requests = latenciesMs.length + errors;
  return { requests, errors, requestsPerSecond: requests / tookSeconds, latenciesMs };
}
