import { z } from "zod";

import type { MetricPoint } from "#tracking";

import { defineCall } from "./calls.ts";
import type { Call, Caller } from "./calls.ts";
import { nextToken } from "./experiments.ts";
import type { TrackingParts } from "./experiments.ts";
import { presentMetric } from "./present.ts";
import { runIdOf, runReference } from "./runs.ts";
import { integer, invalid, list, missingParameter, text } from "./wire.ts";

const mostPoints = 25_000;
const mostRuns = 100;
const mostSampled = 2_500;

/** Series of metrics: one run page by page, or many runs at sampled steps. */
export function createMetricCalls({ tracking }: TrackingParts): readonly Call[] {
  const mayRead = async (runIds: readonly string[], caller: Caller): Promise<void> => {
    const projects = await Promise.all(runIds.map((runId) => tracking.projectOfRun(runId)));
    for (const project of new Set(projects)) await caller.allow(project);
  };

  return [
    defineCall({
      method: "GET",
      path: "/mlflow/metrics/get-history",
      permission: "run:read",
      summary: "Gets the points of one metric of a run.",
      input: runReference.extend({
        metric_key: text,
        page_token: text.default(""),
        max_results: integer.optional(),
      }),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayRead([runId], caller);
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
      input: z.object({ run_id: list(text), metric_key: text, max_results: integer.default(mostPoints) }),
      async handler(input, caller) {
        const runIds = checkRuns(input.run_id, "run_id");
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
        metric_key: text,
        start_step: integer.optional(),
        end_step: integer.optional(),
        max_results: integer.default(mostSampled),
      }),
      async handler(input, caller) {
        const runIds = checkRuns(input.run_ids, "run_ids");
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
          throw invalid(
            `Invalid value ${most} for parameter 'max_results' supplied: it must be between 1 and ${mostSampled}`,
          );
        }
        await mayRead(runIds, caller);
        const stepsOfRuns = await Promise.all(
          runIds.map((runId) => tracking.metricSteps(runId, key, { fromStep, toStep })),
        );
        const sampled = sampleSteps(stepsOfRuns, most);
        const metrics: object[] = [];
        for (const [index, runId] of runIds.entries()) {
          const own = stepsOfRuns[index] ?? [];
          const wanted = own.filter((step) => sampled.has(step) || step === own[0] || step === own.at(-1));
          const points: readonly MetricPoint[] = await tracking.metricAtSteps(runId, key, wanted);
          metrics.push(...points.map((point) => ({ ...presentMetric(point), run_id: runId })));
        }
        return { metrics };
      },
    }),
  ];
}

function checkRuns(runIds: readonly string[], name: string): readonly string[] {
  if (runIds.length === 0) throw missingParameter(name);
  if (runIds.length > mostRuns)
    throw invalid(
      `A request cannot specify more than ${mostRuns} ${name}. Received ${runIds.length} ${name}.`,
    );
  return [...new Set(runIds)];
}

/** Evenly spaced steps out of all that occur, the first and the last among them. */
function sampleSteps(stepsOfRuns: readonly (readonly number[])[], most: number): ReadonlySet<number> {
  const steps = [...new Set(stepsOfRuns.flat())].toSorted((a, b) => a - b);
  if (steps.length <= most) return new Set(steps);
  const stride = (steps.length - 1) / Math.max(1, most - 1);
  return new Set(Array.from({ length: most }, (_, index) => steps[Math.round(index * stride)] ?? 0));
}
