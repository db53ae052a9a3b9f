import type { Database } from "#kernel/db";

import type { Approval } from "../entities.ts";
import type { ApprovalRow } from "./schema.ts";

/** An approval with the step that asks for it. */
export interface StepApproval extends Approval {
  readonly step: string;
  readonly execution: string;
  readonly stage: string;
}

export async function listApprovals(
  db: Database,
  executions: readonly string[],
): Promise<readonly StepApproval[]> {
  if (executions.length === 0) return [];
  const rows = await db.query
    .selectFrom("step_approvals")
    .selectAll()
    .where("execution", "in", [...executions])
    .execute();
  return rows.map(toApproval);
}

/** The questions of a project that nobody has answered, oldest first. */
export async function listOpenQuestions(db: Database, project: string): Promise<readonly StepApproval[]> {
  const rows = await db.query
    .selectFrom("step_approvals")
    .innerJoin("executions", "executions.id", "step_approvals.execution")
    .selectAll("step_approvals")
    .where("step_approvals.project", "=", project)
    .where("step_approvals.answered_at_ms", "is", null)
    .where("executions.ended_at_ms", "is", null)
    .orderBy("step_approvals.asked_at_ms")
    .execute();
  return rows.map(toApproval);
}

export async function readApproval(db: Database, step: string): Promise<StepApproval | undefined> {
  const row = await db.query
    .selectFrom("step_approvals")
    .selectAll()
    .where("step", "=", step)
    .executeTakeFirst();
  return row === undefined ? undefined : toApproval(row);
}

/** Asks, unless it was asked before. */
export async function insertQuestion(
  db: Database,
  question: Pick<ApprovalRow, "step" | "execution" | "project" | "stage" | "question" | "asked_at_ms">,
): Promise<void> {
  await db.query
    .insertInto("step_approvals")
    .values({ ...question, answer: null, note: null, actor: null, answered_at_ms: null })
    .onConflict((conflict) => conflict.column("step").doNothing())
    .execute();
}

/** False when it was answered already. */
export async function saveAnswer(
  db: Database,
  step: string,
  answer: {
    readonly answer: "approved" | "declined";
    readonly note: string | null;
    readonly actor: string;
    readonly nowMs: number;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("step_approvals")
    .set({ answer: answer.answer, note: answer.note, actor: answer.actor, answered_at_ms: answer.nowMs })
    .where("step", "=", step)
    .where("answered_at_ms", "is", null)
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

function toApproval(row: ApprovalRow): StepApproval {
  return {
    step: row.step,
    execution: row.execution,
    stage: row.stage,
    question: row.question,
    askedAtMs: row.asked_at_ms,
    answer: row.answer === "approved" || row.answer === "declined" ? row.answer : null,
    note: row.note,
    actor: row.actor,
    answeredAtMs: row.answered_at_ms,
  };
}
