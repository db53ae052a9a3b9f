import { z } from "zod";

import type { Job } from "#kernel/jobs";

import { problems } from "../problems.ts";
import { endExecution, readExecution } from "../store/executions.ts";
import { endStep, endWaitingStep } from "../store/steps.ts";
import { failure } from "./failures.ts";
import type { ExecutionParts } from "./parts.ts";

const payloadSchema = z.object({ execution: z.string() });

/** Ends an execution whose job was given up, in the transaction that says so, for nobody will work on it again. */
export async function giveUp(parts: ExecutionParts, job: Job, error: string): Promise<void> {
  const { execution: id } = payloadSchema.parse(job.payload);
  const execution = await readExecution(parts.db, id);
  if (execution === undefined || (execution.state !== "queued" && execution.state !== "running")) return;
  const nowMs = parts.clock.nowMs();
  const reason = failure(
    problems.execution_given_up,
    `Execution ${id} was given up after ${job.attempt} attempts: ${error}`,
  );
  for (const step of execution.steps) {
    if (step.state === "waiting") {
      const skipped = {
        state: "skipped",
        reason: "The execution was given up.",
        failure: null,
        nowMs,
      } as const;
      await endWaitingStep(parts.db, step.id, skipped);
    }
    if (step.state !== "running") continue;
    const { lastLines } = step;
    await endStep(parts.db, step, {
      state: "failed",
      exitCode: null,
      failure: reason,
      lastLines,
      outs: [],
      metrics: {},
      nowMs,
    });
    if (step.runId !== null) await parts.runs.finish(step.runId, "killed", "system");
  }
  await endExecution(parts.db, id, { state: "failed", failure: reason, nowMs });
  await parts.ledger.append({
    kind: "execution.finished",
    subject: id,
    project: execution.project,
    actor: "system",
    data: { state: "failed", purpose: execution.purpose, complete: execution.complete },
  });
}
