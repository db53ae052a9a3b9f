import type { StudyObjective } from "#objectives";

import { readMetrics } from "../execution/metrics.ts";
import type { Execution } from "../entities.ts";
import type { StudyParts } from "./parts.ts";

/**
 * What an execution reached, in the order of the objectives; the first one that is nowhere is named instead.
 * A metric is looked for in the metrics files of its steps, the last step first, and then among what was
 * logged to their runs; `file:metric` in that file alone.
 */
export async function readObjectives(
  parts: Pick<StudyParts, "pipelines" | "runs">,
  execution: Execution,
  objectives: readonly StudyObjective[],
): Promise<readonly number[] | { readonly missing: string }> {
  const values: number[] = [];
  for (const { metric } of objectives) {
    const value = await readObjective(parts, execution, metric);
    if (value === undefined || !Number.isFinite(value)) return { missing: metric };
    values.push(value);
  }
  return values;
}

async function readObjective(
  parts: Pick<StudyParts, "pipelines" | "runs">,
  execution: Execution,
  metric: string,
): Promise<number | undefined> {
  const colon = metric.indexOf(":");
  if (colon > 0) {
    const file = metric.slice(0, colon);
    const written = execution.steps.some((step) => step.outs.some((out) => out.path === file));
    if (!written) return undefined;
    const text = Buffer.from(await parts.pipelines.readOutput(execution.id, file)).toString("utf8");
    return readMetrics(file, text)[metric.slice(colon + 1)];
  }
  const fromLast = execution.steps.toReversed();
  for (const step of fromLast) {
    const value = step.metrics[metric];
    if (value !== undefined) return value;
  }
  for (const { runId } of fromLast) {
    const value = runId === null ? undefined : (await parts.runs.latestMetrics(runId))[metric];
    if (value !== undefined) return value;
  }
  return undefined;
}
