import type { Failure, Step, StepState } from "./entities.ts";
import { problems } from "./problems.ts";
import type { ExecutionPlan } from "./store/plans.ts";
import type { ExecutionRow, StepRow } from "./store/schema.ts";
import { stepIdOf } from "./store/step-ids.ts";
import { toStep } from "./store/steps.ts";

export interface StepSources {
  readonly execution: ExecutionRow;
  /** Undefined for an execution older than plans, whose steps all have rows. */
  readonly plan: ExecutionPlan | undefined;
  readonly rows: readonly StepRow[];
  /** What the server that works on the execution says of a step that could run: the resources it waits for. */
  waitsFor(stepId: string): string | undefined;
  /** The question a step asks that nobody has answered. */
  questionOf(stepId: string): string | undefined;
}

/** The steps of an execution in their order: those with rows as the rows tell, the others as the plan has them. */
export function presentSteps(sources: StepSources): readonly Step[] {
  const { plan, rows, execution } = sources;
  if (plan === undefined) return withReasons(rows.map(toStep), sources);
  const byPlace = new Map(rows.map((row) => [row.position, row]));
  const steps = plan.steps.map(({ stage, after }, place): Step => {
    const row = byPlace.get(place);
    if (row !== undefined) return toStep(row);
    return {
      ...nothingYet,
      id: stepIdOf(execution.id, place),
      stage: stage.name,
      command: stage.commands.join("\n"),
      dependsOn: after.flatMap((earlier) => plan.steps[earlier]?.stage.name ?? []),
      priority: stage.settings.priority,
      resources: stage.settings.resources,
    };
  });
  return withReasons(steps, sources);
}

const nothingYet = {
  state: "waiting",
  attempt: 0,
  retries: 0,
  cacheKey: null,
  reason: "It waits for its turn.",
  waitingReason: null,
  runId: null,
  exitCode: null,
  failure: null,
  lastLines: [],
  readyAtMs: null,
  startedAtMs: null,
  endedAtMs: null,
  outs: [],
  metrics: {},
} as const;

/** Says of each waiting step what it waits for; in an execution that has ended, why it was not begun. */
function withReasons(steps: readonly Step[], sources: StepSources): readonly Step[] {
  const hasEnded = sources.execution.ended_at_ms !== null;
  if (!steps.some((step) => step.state === "waiting")) return steps;
  if (hasEnded) return withEnds(steps, sources.execution);
  const states = new Map(steps.map((step) => [step.stage, step.state]));
  const retries = new Map(sources.rows.map((row) => [row.id, row.retry_at_ms]));
  return steps.map((step) =>
    step.state === "waiting"
      ? { ...step, waitingReason: waitingReason(step, states, retries.get(step.id) ?? null, sources) }
      : step,
  );
}

function waitingReason(
  step: Step,
  states: ReadonlyMap<string, StepState>,
  retryAtMs: number | null,
  sources: StepSources,
): string {
  const missing = step.dependsOn.filter((name) => !isDone(states.get(name)));
  if (missing.length > 0) return `waits for ${listed(missing.map((name) => described(name, states)))}`;
  if (sources.execution.state === "queued") return "waits until its execution begins";
  const question = sources.questionOf(step.id);
  if (question !== undefined) return `waits for an answer to: ${question}`;
  const resources = sources.waitsFor(step.id);
  if (resources !== undefined) return resources;
  if (retryAtMs !== null) return `waits for its next attempt at ${new Date(retryAtMs).toISOString()}`;
  return "waits for the server that works on its execution";
}

function isDone(state: StepState | undefined): boolean {
  return state === "succeeded" || state === "cached";
}

function described(name: string, states: ReadonlyMap<string, StepState>): string {
  return states.get(name) === "running" ? `${name}, which is running` : name;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3);
  return names.length > 3
    ? `${shown.join(", ")} and ${names.length - 3} more`
    : [shown.slice(0, -1).join(", "), shown.at(-1)].filter((text) => text !== "").join(" and ");
}

/** What was never begun ends with its execution, which says why; no row is written for it. */
function withEnds(steps: readonly Step[], execution: ExecutionRow): readonly Step[] {
  const endedAtMs = execution.ended_at_ms;
  if (execution.state === "cancelled") {
    return steps.map((step) =>
      step.state === "waiting"
        ? { ...step, state: "cancelled", reason: "The execution was cancelled.", endedAtMs }
        : step,
    );
  }
  const failure: Failure | null = execution.failure === null ? null : JSON.parse(execution.failure);
  const wasGivenUp = failure?.code === problems.execution_given_up.code;
  const failed = steps.find((step) => step.state === "failed")?.stage;
  const cause = new Map<string, { readonly stage: string; readonly how: "failed" | "was skipped" }>();
  return steps.map((step) => {
    const above = step.dependsOn.map((name) => cause.get(name)).find((found) => found !== undefined);
    if (step.state === "failed") cause.set(step.stage, { stage: step.stage, how: "failed" });
    else if (step.state === "skipped") cause.set(step.stage, { stage: step.stage, how: "was skipped" });
    else if (above !== undefined) cause.set(step.stage, above);
    if (step.state !== "waiting") return step;
    const reason = wasGivenUp
      ? "The execution was given up."
      : above !== undefined
        ? `It depends on "${above.stage}", which ${above.how}.`
        : failed === undefined
          ? "The execution failed before it began."
          : `It was not begun, because "${failed}" had failed.`;
    return { ...step, state: "skipped", reason, endedAtMs };
  });
}
