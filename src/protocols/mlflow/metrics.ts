import { z } from "zod";

import type { MetricPoint } from "#tracking";

import { defineCall, ofExperiment } from "./calls.ts";
import type { Call, Caller } from "./calls.ts";
import { nextToken } from "./experiments.ts";
import type { TrackingParts } from "./experiments.ts";
import { presentMetric } from "./present.ts";
import { runIdOf, runReference } from "./runs.ts";
import { given, integer, invalid, list, missingParameter, text } from "./wire.ts";

const mostPoints = 25_000;
const mostRuns = 100;
const mostSampled = 2_500;

/** Series of metrics: one run page by page, or many runs at sampled steps. */
export function createMetricCalls({ tracking }: TrackingParts): readonly Call[] {
  const mayRead = async (runIds: readonly string[], caller: Caller): Promise<void> => {
    for (const runId of runIds) await caller.allow(ofExperiment(await tracking.scopeOfRun(runId)));
  };

  return [
    defineCall({
      method: "GET",
      path: "/mlflow/metrics/get-history",
      permission: "run:read",
      summary: "Gets the points of one metric of a run.",
      input: runReference.extend({
        metric_key: given,
        page_token: text.default(""),
        max_results: integer.optional(),
      }),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayRead([runId], caller);
        if (input.max_results === 0) return { metrics: [] };
        // Upstream answers nothing when no size is given; the largest page is what such a client wants.
        const limit =
          input.max_results === undefined || input.max_results < 1
            ? mostPoints
            : Math.min(input.max_results, mostPoints);
        const pageToken = input.page_token === "" ? undefined : input.page_token;
        const page = await tracking.metricHistory(runId, input.metric_key, { limit, pageToken });
        return { metrics: page.items.map(presentMetric), ...nextToken(page.nextPageToken) };
      },
    }),
    defineCall({
      method: "GET",
      path: "/mlflow/metrics/get-history-bulk",
      permission: "run:read",
      summary: "Gets the points of one metric of up to 100 runs.",
      input: z.object({
        run_id: list(text),
        metric_key: given.default(""),
        max_results: integer.default(mostPoints),
      }),
      async handler(input, caller) {
        const runIds = checkRuns(input.run_id);
        if (input.metric_key === "") throw invalid(`${bulk} must specify a metric_key.`);
        await mayRead(runIds, caller);
        let left = Math.max(0, Math.min(input.max_results, mostPoints));
        const metrics: object[] = [];
        for (const runId of runIds.toSorted()) {
          if (left === 0) break;
          const page = await tracking.metricHistory(runId, input.metric_key, { limit: left });
          metrics.push(...page.items.map((point) => ({ ...presentMetric(point), run_id: runId })));
          left -= page.items.length;
        }
        return { metrics };
      },
    }),
    defineCall({
      method: "GET",
      path: "/mlflow/metrics/get-history-bulk-interval",
      permission: "run:read",
      summary: "Gets one metric of up to 100 runs at evenly sampled steps.",
      input: z.object({
        run_ids: list(text),
        metric_key: given.default(""),
        start_step: integer.optional(),
        end_step: integer.optional(),
        max_results: integer.default(mostSampled),
      }),
      async handler(input, caller) {
        if (input.run_ids.length === 0) throw missingParameter("run_ids");
        if (input.run_ids.length > mostRuns) {
          throw invalid(
            `GetMetricHistoryBulkInterval request must specify at most ${mostRuns} run_ids. Received ${input.run_ids.length} run_ids.`,
          );
        }
        if (input.metric_key === "") throw missingParameter("metric_key");
        const runIds = [...new Set(input.run_ids)];
        const { start_step: fromStep, end_step: toStep, metric_key: key, max_results: most } = input;
        if ((fromStep === undefined) !== (toStep === undefined)) {
          throw invalid("If either start step or end step are specified, both must be specified.");
        }
        if (fromStep !== undefined && toStep !== undefined && fromStep > toStep) {
          throw invalid(
            `end_step must be greater than start_step. Found start_step=${fromStep} and end_step=${toStep}.`,
          );
        }
        if (most < 1 || most > mostSampled) {
          throw invalid(`max_results must be between 1 and ${mostSampled}.`);
        }
        await mayRead(runIds, caller);
        const stepsOfRuns = await Promise.all(
          runIds.map((runId) => tracking.metricSteps(runId, key, { fromStep, toStep })),
        );
        const steps = sampleSteps(stepsOfRuns, most);
        const metrics: object[] = [];
        for (const runId of runIds) {
          const points: readonly MetricPoint[] = await tracking.metricAtSteps(runId, key, steps);
          metrics.push(...points.map((point) => ({ ...presentMetric(point), run_id: runId })));
        }
        return { metrics };
      },
    }),
  ];
}

const bulk = "GetMetricHistoryBulk request";

function checkRuns(runIds: readonly string[]): readonly string[] {
  if (runIds.length === 0) throw invalid(`${bulk} must specify at least one run_id.`);
  if (runIds.length > mostRuns) {
    throw invalid(`${bulk} cannot specify more than ${mostRuns} run_ids. Received ${runIds.length} run_ids.`);
  }
  return [...new Set(runIds)];
}

/**
 * Evenly spaced steps out of all that occur, and the first and the last of each run, so that every curve
 * begins and ends where its run did.
 */
function sampleSteps(stepsOfRuns: readonly (readonly number[])[], most: number): readonly number[] {
  const all = [...new Set(stepsOfRuns.flat())].toSorted((a, b) => a - b);
  if (all.length <= most) return all;
  const stride = all.length / most;
  const ends = stepsOfRuns.flatMap((own) => [own[0] ?? [], own.at(-1) ?? []].flat());
  const even = Array.from({ length: most }, (_, index) => all[Math.floor(index * stride)] ?? 0);
  return [...new Set([...even, ...all.slice(-1), ...ends])].toSorted((a, b) => a - b);
}
