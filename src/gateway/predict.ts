import { performance } from "node:perf_hooks";

import type { AppendLog } from "#kernel/append-log";
import type { Clock } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { createId } from "#kernel/ids";
import type { Row, Scored } from "#registry/runtimes";

import { assign, placeOf } from "./assign.ts";
import type { Meters } from "./meters.ts";
import type { OpenModels } from "./models.ts";
import type { Answered } from "./open-inference.ts";
import { problems } from "./problems.ts";
import type { ServedRoute, Variant } from "#serving/routing";

export interface PredictionRequest {
  readonly requestId: string;
  readonly rows: readonly Row[];
  /** Columns that are no inputs: the unit, what goes to the log beside the inputs. */
  readonly extras: readonly Row[];
}

export interface PredictionAnswer {
  readonly variant: Variant;
  readonly answers: readonly Answered[];
}

/** One line of the prediction log; `inputs` and `scores` are JSON text, so that every project has the same columns. */
export interface PredictionRecord {
  readonly prediction_id: string;
  readonly at_ms: number;
  readonly project: string;
  readonly deployment: string;
  readonly release: string;
  readonly model_version: string;
  readonly role: string;
  readonly unit: string;
  readonly inputs: string;
  readonly label: string;
  readonly score: number;
  readonly scores: string;
  readonly decision: number;
  readonly threshold: number | null;
  readonly latency_ms: number;
  readonly request_id: string;
  readonly request_row: number;
}

export interface PredictParts {
  readonly models: OpenModels;
  readonly meters: Meters;
  readonly log: AppendLog;
  readonly clock: Clock;
}

/**
 * Answers one request: assigns it to a variant, scores, logs, and only then answers, so that every answer
 * given is in the log. Shadows score the same rows after the answer is ready; they are logged under the
 * same request id with ids of their own, and can neither delay nor fail it.
 */
export function createPredict(parts: PredictParts) {
  const { models, meters, log, clock } = parts;

  return async (route: ServedRoute, request: PredictionRequest): Promise<PredictionAnswer> => {
    const startedMs = performance.now();
    const unit = unitOf(route, request);
    const { answering, shadows } = assign(route, unit);
    const scored = await scoreOrRefuse(route, answering, request);
    const answers = scored.map((one) => answer(route, answering, one));
    const latencyMs = performance.now() - startedMs;
    await keep(route, answering, request, unit, answers, latencyMs);
    meters.answered(route, answering, answers.length, performance.now() - startedMs);
    for (const shadow of shadows) void listen(route, shadow, request, unit);
    return { variant: answering, answers };
  };

  async function scoreOrRefuse(
    route: ServedRoute,
    variant: Variant,
    request: PredictionRequest,
  ): Promise<readonly Scored[]> {
    try {
      return await models.score(variant)(request.rows);
    } catch (cause) {
      meters.failed(route, variant);
      throw new Problem(problems.prediction_failed, {
        message: `Version ${variant.number} of ${route.name} failed on this request.`,
        data: { requestId: request.requestId, modelVersion: variant.modelVersionId },
        cause,
      });
    }
  }

  function answer(route: ServedRoute, variant: Variant, scored: Scored): Answered {
    const score = scoreOf(route, variant, scored);
    const decision =
      variant.threshold === null ? scored.label === route.positive : score >= variant.threshold;
    return { scored, decision, predictionId: createId("prediction", clock) };
  }

  async function listen(
    route: ServedRoute,
    shadow: Variant,
    request: PredictionRequest,
    unit: string,
  ): Promise<void> {
    const startedMs = performance.now();
    try {
      const scored = await models.score(shadow)(request.rows);
      const answers = scored.map((one) => answer(route, shadow, one));
      const latencyMs = performance.now() - startedMs;
      meters.answered(route, shadow, answers.length, latencyMs);
      await keep(route, shadow, request, unit, answers, latencyMs);
    } catch {
      meters.failed(route, shadow);
    }
  }

  async function keep(
    route: ServedRoute,
    variant: Variant,
    request: PredictionRequest,
    unit: string,
    answers: readonly Answered[],
    latencyMs: number,
  ): Promise<void> {
    if (variant.role === "staging" || !isSampled(route, request.requestId)) return;
    const atMs = clock.nowMs();
    try {
      await Promise.all(
        answers.map((one, row) =>
          log.append(recordOf(route, variant, request, unit, one, row, atMs, latencyMs)),
        ),
      );
    } catch (cause) {
      throw new Problem(problems.prediction_not_logged, {
        message: "The prediction log cannot be written, so the prediction is withheld.",
        cause,
      });
    }
  }
}

/** The rows of a request share a unit: what a client sends together is answered by one version. */
function unitOf(route: ServedRoute, request: PredictionRequest): string {
  if (route.unit === null) return request.requestId;
  const value = request.extras[0]?.[route.unit] ?? request.rows[0]?.[route.unit] ?? null;
  return value === null ? request.requestId : String(value);
}

function isSampled(route: ServedRoute, requestId: string): boolean {
  return route.log.sample >= 1 || placeOf(requestId) < route.log.sample;
}

function scoreOf(route: ServedRoute, variant: Variant, scored: Scored): number {
  const index = variant.signature.labels.indexOf(route.positive);
  return scored.probabilities[index] ?? (scored.label === route.positive ? 1 : 0);
}

function recordOf(
  route: ServedRoute,
  variant: Variant,
  request: PredictionRequest,
  unit: string,
  answer: Answered,
  row: number,
  atMs: number,
  latencyMs: number,
): PredictionRecord {
  const inputs = { ...request.rows[row], ...request.extras[row] };
  for (const column of route.log.drop) delete inputs[column];
  return {
    prediction_id: answer.predictionId,
    at_ms: atMs,
    project: route.project,
    deployment: route.deployment,
    release: variant.releaseId,
    model_version: variant.modelVersionId,
    role: variant.role,
    unit,
    inputs: JSON.stringify(inputs),
    label: answer.scored.label,
    score: scoreOf(route, variant, answer.scored),
    scores: JSON.stringify(answer.scored.probabilities),
    decision: answer.decision ? 1 : 0,
    threshold: variant.threshold,
    latency_ms: latencyMs,
    request_id: request.requestId,
    request_row: row,
  };
}
