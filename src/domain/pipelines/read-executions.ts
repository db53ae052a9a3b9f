import type { Database } from "#kernel/db";

import type { Execution, Step } from "./entities.ts";
import type { Pool } from "./execution/pool.ts";
import { presentSteps } from "./present-steps.ts";
import { listApprovals } from "./store/approvals.ts";
import {
  listExecutionRows,
  listExecutionsByPrefix,
  readExecutionRow,
  toExecution,
} from "./store/executions.ts";
import type { Plans } from "./store/plans.ts";
import type { ExecutionRow, StepRow } from "./store/schema.ts";
import { placeOfStepId } from "./store/step-ids.ts";
import { listStepRows, readStepRow, toStep } from "./store/steps.ts";

/** Reads executions with their steps: what rows tell, what the plan has, and what waiting steps wait for. */
export interface ExecutionReader {
  read(id: string): Promise<Execution | undefined>;
  /** Newest first. */
  list(
    project: string,
    page: { readonly limit: number; readonly before?: string },
  ): Promise<readonly Execution[]>;
  /** A step by its id, which it has from the beginning of its execution. */
  readStep(id: string): Promise<{ readonly step: Step; readonly execution: string } | undefined>;
}

export function createExecutionReader(parts: {
  readonly db: Database;
  readonly plans: Plans;
  readonly pool: Pool;
  /** How many executions are worked on at once here. */
  readonly executionsAtOnce: number;
}): ExecutionReader {
  const { db, plans, pool } = parts;

  const complete = async (rows: readonly ExecutionRow[]): Promise<readonly Execution[]> => {
    const ids = rows.map(({ id }) => id);
    const stepRows = await listStepRows(db, ids);
    const open = rows.filter((row) => row.ended_at_ms === null).map(({ id }) => id);
    const questions = new Map(
      (await listApprovals(db, open))
        .filter(({ answer }) => answer === null)
        .map(({ step, question }) => [step, question]),
    );
    const executions: Execution[] = [];
    for (const row of rows) {
      const plan = row.plan_digest === null ? undefined : await plans.read(row.plan_digest);
      const steps = presentSteps({
        execution: row,
        plan,
        rows: stepRows.get(row.id) ?? [],
        waitsFor: pool.waitsFor,
        questionOf: (step) => questions.get(step),
      });
      executions.push({ ...toExecution(row), waitingReason: waitingReason(row, steps), steps });
    }
    return executions;
  };

  const waitingReason = (row: ExecutionRow, steps: readonly Step[]): string | null => {
    if (row.state === "queued")
      return `waits for the server; it works on at most ${parts.executionsAtOnce} executions at once`;
    if (row.state !== "running" || steps.some(({ state }) => state === "running")) return null;
    const states = new Map(steps.map(({ stage, state }) => [stage, state]));
    const first = steps.find(
      ({ state, dependsOn }) =>
        state === "waiting" &&
        dependsOn.every((name) => ["succeeded", "cached"].includes(states.get(name) ?? "")),
    );
    return first === undefined ? null : `${first.stage} ${first.waitingReason ?? "waits"}`;
  };

  return {
    async read(id) {
      const row = await readExecutionRow(db, id);
      return row === undefined ? undefined : (await complete([row]))[0];
    },
    list: async (project, page) => await complete(await listExecutionRows(db, project, page)),
    async readStep(id) {
      const row = await readStepRow(db, id);
      if (row !== undefined) return { step: toStep(row), execution: row.execution };
      for (const execution of await listExecutionsByPrefix(db, placeOfStepId(id).executionPrefix)) {
        const step = await plannedStep(execution, id);
        if (step !== undefined) return { step, execution: execution.id };
      }
      return undefined;
    },
  };

  async function plannedStep(row: ExecutionRow, id: string): Promise<Step | undefined> {
    const plan = row.plan_digest === null ? undefined : await plans.read(row.plan_digest);
    const none: readonly StepRow[] = [];
    const place = placeOfStepId(id).place;
    const steps = presentSteps({
      execution: row,
      plan,
      rows: none,
      waitsFor: pool.waitsFor,
      questionOf: () => undefined,
    });
    return steps[place]?.id === id ? steps[place] : undefined;
  }
}
