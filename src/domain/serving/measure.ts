import { performance } from "node:perf_hooks";

import type { HoldoutEvidence, ScoredRow } from "#delivery";

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
