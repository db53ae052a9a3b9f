import type { ExecutionPlan } from "../store/plans.ts";
import type { StepRow } from "../store/schema.ts";
import { stepIdOf } from "../store/step-ids.ts";
import { toState } from "../store/steps.ts";
import type { OpenStep, OpenSteps } from "./parts.ts";

/** The steps of an execution as their rows left them; of those without rows nothing is kept until something happens. */
export function openSteps(
  execution: { readonly id: string; readonly project: string },
  plan: ExecutionPlan,
  rows: readonly StepRow[],
): OpenSteps {
  const changed = new Map<number, OpenStep>();
  const metrics = new Map<string, Readonly<Record<string, number>>>();
  const planned = (place: number): OpenStep => {
    const step = plan.steps[place];
    if (step === undefined) throw new Error(`the plan has no step at ${place}`);
    return {
      id: stepIdOf(execution.id, place),
      execution: execution.id,
      project: execution.project,
      position: place,
      stage: step.stage,
      dependsOn: step.after.flatMap((earlier) => plan.steps[earlier]?.stage.name ?? []),
      state: "waiting",
      attempt: 0,
      retries: 0,
      preemptions: 0,
      retryAtMs: null,
    };
  };
  for (const row of rows) {
    const { attempt, retries, preemptions, retry_at_ms: retryAtMs } = row;
    const state = toState(row.state);
    changed.set(row.position, {
      ...planned(row.position),
      id: row.id,
      state,
      attempt,
      retries,
      preemptions,
      retryAtMs,
      runId: row.run_id,
      ...(state === "waiting" ? takenOver(row) : {}),
    });
    if (state === "succeeded" || state === "cached") metrics.set(row.stage, JSON.parse(row.metrics));
  }
  const get = (place: number): OpenStep => changed.get(place) ?? planned(place);
  return {
    get,
    stateOf: (place) => changed.get(place)?.state ?? "waiting",
    change: (place, change) => void changed.set(place, { ...get(place), ...change }),
    metricsOf: (stage) => metrics.get(stage),
    setMetrics: (stage, reported) => void metrics.set(stage, reported),
  };
}

/** Only work elsewhere leaves its run to a step that waits again. */
function takenOver({
  run_id: run,
  key_parts: parts,
  cache_key: cacheKey,
}: StepRow): Pick<OpenStep, "takenOver"> {
  if (run === null || parts === null || cacheKey === null) return {};
  return { takenOver: { keyParts: JSON.parse(parts), cacheKey } };
}
