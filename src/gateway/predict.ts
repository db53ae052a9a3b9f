import { performance } from "node:perf_hooks";

import type { AppendLog } from "#kernel/append-log";
import type { Clock } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { createId } from "#kernel/ids";
import type { Row, Scored } from "#registry/runtimes";
import type { ServedRoute, Variant } from "#serving/routing";

import { assign, placeOf } from "./assign.ts";
import { readRows } from "./columns.ts";
import type { Columns } from "./columns.ts";
import type { Meters } from "./meters.ts";
import type { OpenModels } from "./models.ts";
import { problems } from "./problems.ts";
import { recordOf } from "./record.ts";

export interface PredictionRequest {
  readonly requestId: string;
  /** A version the client insists on; undefined: the route decides. */
  readonly version: string | undefined;
  readonly columns: Columns;
}

export interface Answered {
  readonly scored: Scored;
  /** P(positive), by which the decision is taken. */
  readonly score: number;
  readonly decision: boolean;
  readonly predictionId: string;
}

export interface PredictionAnswer {
  readonly variant: Variant;
  readonly answers: readonly Answered[];
}

export type Predict = (route: ServedRoute, request: PredictionRequest) => Promise<PredictionAnswer>;

export interface PredictParts {
  readonly models: OpenModels;
  readonly meters: Meters;
  readonly log: AppendLog;
  readonly clock: Clock;
}

/** One variant's work on one request. */
interface Work {
  readonly route: ServedRoute;
  readonly variant: Variant;
  readonly requestId: string;
  readonly unit: string;
  readonly rows: readonly Row[];
}

/**
 * Answers one request: assigns it to a variant, scores, logs, and only then answers, so that every answer
 * given is in the log. Shadows score the same columns after the answer is ready; they are logged under the
 * same request id with ids of their own, and can neither delay nor fail it.
 */
export function createPredict({ models, meters, log, clock }: PredictParts): Predict {
  return async (route, { requestId, version, columns }) => {
    const unit = unitOf(route, columns) ?? requestId;
    const { answering, shadows } = assign(route, unit, version);
    const rows = readRows(columns, answering.signature);
    const answers = await answerAndKeep({ route, variant: answering, requestId, unit, rows });
    for (const shadow of shadows) void listen(route, shadow, requestId, unit, columns);
    return { variant: answering, answers };
  };

  async function answerAndKeep(work: Work): Promise<readonly Answered[]> {
    const startedMs = performance.now();
    const scored = await scoreOrRefuse(work);
    // One time for the id and the record: who has the id knows where in the log to look.
    const atMs = clock.nowMs();
    const answers = scored.map((one) => decide(work, one, atMs));
    await keep(work, answers, atMs, performance.now() - startedMs);
    meters.answered(work.route, work.variant, answers.length, performance.now() - startedMs);
    return answers;
  }

  async function scoreOrRefuse({ route, variant, requestId, rows }: Work): Promise<readonly Scored[]> {
    try {
      const score = models.score(variant);
      if (score === undefined) throw new Error("its model is closed");
      return await score(rows);
    } catch (cause) {
      meters.failed(route, variant);
      throw new Problem(problems.prediction_failed, {
        message: `Version ${variant.number} of ${route.name} failed on this request.`,
        data: { requestId, modelVersion: variant.modelVersionId },
        cause,
      });
    }
  }

  function decide({ route, variant }: Work, scored: Scored, atMs: number): Answered {
    const score = scoreOf(route, variant, scored);
    const decision =
      variant.threshold === null ? scored.label === route.positive : score >= variant.threshold;
    return { scored, score, decision, predictionId: createId("prediction", { nowMs: () => atMs }) };
  }

  async function keep(
    work: Work,
    answers: readonly Answered[],
    atMs: number,
    latencyMs: number,
  ): Promise<void> {
    if (work.variant.role === "staging" || !isSampled(work.route, work.requestId)) return;
    try {
      const records = answers.map((answer, row) => recordOf({ ...work, answer, row, atMs, latencyMs }));
      await Promise.all(records.map((record) => log.append(record)));
    } catch (cause) {
      throw new Problem(problems.prediction_not_logged, {
        message: "The prediction log cannot be written, so the prediction is withheld.",
        cause,
      });
    }
  }

  async function listen(
    route: ServedRoute,
    shadow: Variant,
    requestId: string,
    unit: string,
    columns: Columns,
  ): Promise<void> {
    // Retired while the answer was being logged: then it has nothing to say, and has not failed.
    if (models.score(shadow) === undefined) return;
    try {
      const rows = readRows(columns, shadow.signature);
      await answerAndKeep({ route, variant: shadow, requestId, unit, rows });
    } catch (error) {
      // What failed in the model is counted already, and a full disk is not the model's failure.
      const lacksInputs = error instanceof Problem && error.code === problems.prediction_input_invalid.code;
      if (lacksInputs) meters.failed(route, shadow);
    }
  }
}

/** The rows of a request share the first one's unit: what a client sends together is answered by one version. */
function unitOf(route: ServedRoute, columns: Columns): string | undefined {
  if (route.unit === null) return undefined;
  const value = columns.get(route.unit)?.values[0];
  const names = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return names ? String(value) : undefined;
}

function isSampled(route: ServedRoute, requestId: string): boolean {
  return route.log.sample >= 1 || placeOf(requestId) < route.log.sample;
}

function scoreOf(route: ServedRoute, variant: Variant, scored: Scored): number {
  const index = variant.signature.labels.indexOf(route.positive);
  return scored.probabilities[index] ?? (scored.label === route.positive ? 1 : 0);
}
