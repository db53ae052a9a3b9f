import { z } from "zod";

import type { Job } from "#kernel/jobs";

import { problems } from "../problems.ts";
import { readExecutionRow } from "../store/executions.ts";
import { endStep, listStepRows } from "../store/steps.ts";
import { endInTransaction } from "./end-execution.ts";
import { failure } from "./failures.ts";
import type { ExecutionParts } from "./parts.ts";

const payloadSchema = z.object({ execution: z.string() });

/** Ends an execution whose job was given up, in the transaction that says so, for nobody will work on it again. */
export async function giveUp(parts: ExecutionParts, job: Job, error: string): Promise<void> {
  const { execution: id } = payloadSchema.parse(job.payload);
  const row = await readExecutionRow(parts.db, id);
  if (row === undefined || (row.state !== "queued" && row.state !== "running")) return;
  const reason = failure(
    problems.execution_given_up,
    `Execution ${id} was given up after ${job.attempt} attempts: ${error}`,
  );
  for (const step of (await listStepRows(parts.db, [id])).get(id) ?? []) {
    if (step.state !== "running") continue;
    await endStep(parts.db, step, {
      state: "failed",
      exitCode: null,
      failure: reason,
      lastLines: JSON.parse(step.last_lines),
      outs: [],
      metrics: {},
      nowMs: parts.clock.nowMs(),
    });
    await parts.passes.end(step.id);
    if (step.run_id !== null) await parts.runs.finish(step.run_id, "killed", "system");
  }
  await endInTransaction(parts, row, { state: "failed", failure: reason }, "system");
}
