import { randomUUID } from "node:crypto";

import { Problem } from "#kernel/errors";

import type { AssessmentChange, NewAssessment, TracesCommands } from "./commands.ts";
import type { Assessment } from "./entities.ts";
import { problems } from "./problems.ts";
import type { OrderParts } from "./span-orders.ts";
import {
  deleteAssessment,
  readAssessments,
  saveAssessment,
  setValid,
  traceOfAssessment,
} from "./store/assessments.ts";
import { lockTrace } from "./store/traces.ts";
import type { StoredTrace } from "./store/traces.ts";
import { invalid, keepPairs, limits, storable } from "./validation.ts";

export type AssessmentOrders = Pick<
  TracesCommands,
  "createAssessment" | "changeAssessment" | "deleteAssessment"
>;

type Parts = OrderParts & { nowMs(): number };

export function createAssessmentOrders(parts: Parts): AssessmentOrders {
  const { db, ledger, lookups, nowMs } = parts;
  const keep = createAssessmentKeeper(parts);

  const find = async (trace: StoredTrace, id: string): Promise<Assessment | undefined> =>
    (await readAssessments(db, [trace.id])).get(trace.id)?.find((one) => one.id === id);

  return {
    async createAssessment({ traceId, assessment, actor }) {
      return await db.transaction(async () => await keep(await locked(traceId), assessment, actor));
    },
    async changeAssessment({ traceId, id, change, actor }) {
      return await db.transaction(async () => {
        const trace = await locked(traceId);
        const before = await find(trace, id);
        if (before === undefined) throw assessmentNotFound(traceId, id);
        const after = { ...changed(before, change), updatedAtMs: nowMs() };
        await saveAssessment(db, trace.id, after);
        const data = { assessment: id, name: after.name };
        await ledger.append({
          kind: "assessment.changed",
          subject: traceId,
          project: trace.project,
          actor,
          data,
        });
        return after;
      });
    },
    async deleteAssessment({ traceId, id, actor }) {
      await db.transaction(async () => {
        const trace = await locked(traceId);
        const before = await find(trace, id);
        if (before === undefined) return;
        if (before.overrides !== null) await setValid(db, trace.id, before.overrides, true);
        await deleteAssessment(db, id);
        const data = { assessment: id, name: before.name };
        await ledger.append({
          kind: "assessment.deleted",
          subject: traceId,
          project: trace.project,
          actor,
          data,
        });
      });
    },
  };

  async function locked(traceId: string): Promise<StoredTrace> {
    return (await lockTrace(db, traceId)) ?? (await lookups.trace(traceId));
  }
}

/** Keeps an assessment inside the caller's transaction. */
export function createAssessmentKeeper({ db, ledger, nowMs }: Parts) {
  return async (trace: StoredTrace, given: NewAssessment, actor: string): Promise<Assessment> => {
    const id = given.id ?? `a-${randomUUID().replaceAll("-", "")}`;
    const owner = await traceOfAssessment(db, id);
    if (owner !== undefined && owner !== trace.id)
      throw invalid(`The assessment '${id.slice(0, 80)}' belongs to another trace.`);
    const metadata = keepPairs(given.metadata);
    const assessment: Assessment = {
      id: storable(id).slice(0, limits.keyLength),
      traceId: trace.trace_id,
      spanId: given.spanId === null ? null : storable(given.spanId),
      kind: given.kind,
      name: storable(given.name).slice(0, limits.keyLength),
      value: given.value,
      error: given.error,
      rationale: given.rationale === null ? null : storable(given.rationale),
      sourceType: storable(given.sourceType),
      sourceId: given.sourceId === null ? null : storable(given.sourceId).slice(0, limits.keyLength),
      metadata,
      runId: metadata["mlflow.assessment.sourceRunId"] ?? null,
      overrides: given.overrides,
      isValid: true,
      createdAtMs: given.createdAtMs ?? nowMs(),
      updatedAtMs: given.updatedAtMs ?? nowMs(),
    };
    const { overrides } = assessment;
    if (overrides !== null && !(await setValid(db, trace.id, overrides, false)))
      throw assessmentNotFound(trace.trace_id, overrides);
    await saveAssessment(db, trace.id, assessment);
    await ledger.append({
      kind: "assessment.logged",
      subject: trace.trace_id,
      project: trace.project,
      actor,
      data: { assessment: assessment.id, name: assessment.name, kind: assessment.kind },
    });
    return assessment;
  };
}

/** Source and span never change; a feedback stays one, and an expectation too. */
function changed(before: Assessment, change: AssessmentChange): Assessment {
  const { value } = change;
  if (value !== undefined && value.kind !== before.kind)
    throw invalid(
      `Cannot update ${value.kind} value on ${before.kind === "feedback" ? "a Feedback" : "an Expectation"} assessment.`,
    );
  return {
    ...before,
    name: change.name === undefined ? before.name : storable(change.name).slice(0, limits.keyLength),
    ...(value === undefined ? {} : { value: value.value, error: value.error }),
    rationale: change.rationale === undefined ? before.rationale : storable(change.rationale),
    metadata: { ...before.metadata, ...keepPairs(change.metadata ?? {}) },
  };
}

export function assessmentNotFound(traceId: string, id: string): Problem {
  return new Problem(problems.assessment_not_found, {
    message: `Assessment with ID '${id.slice(0, 80)}' not found for trace '${traceId}'`,
  });
}
