import { join } from "node:path";

import { readTree } from "#kernel/blobs";
import type { StoredTree } from "#kernel/blobs";
import { Problem } from "#kernel/errors";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";

import type { ExecuteOrder, PipelinesCommands } from "./commands.ts";
import type { Execution, Step } from "./entities.ts";
import { endInTransaction } from "./execution/end-execution.ts";
import type { Executor } from "./execution/executor.ts";
import type { ExecutionParts } from "./execution/parts.ts";
import { planExecution } from "./planning/plan.ts";
import { refuseTargets } from "./planning/refuse-targets.ts";
import { snapshotCode } from "./planning/snapshot.ts";
import type { Snapshot } from "./planning/snapshot.ts";
import { findKeyed, requestDigest } from "./one-time-key.ts";
import type { DatasetInput, PipelineProject } from "./ports.ts";
import { problems } from "./problems.ts";
import { presentSteps } from "./present-steps.ts";
import type { ExecutionReader } from "./read-executions.ts";
import { listApprovals, saveAnswer } from "./store/approvals.ts";
import type { StepApproval } from "./store/approvals.ts";
import {
  insertExecution,
  lockExecution,
  readExecutionRow,
  requestCancel,
  setCancelReason,
  toExecution,
} from "./store/executions.ts";
import { takeKey } from "./store/keys.ts";
import type { ExecutionPlan } from "./store/plans.ts";
import type { ExecutionRow } from "./store/schema.ts";
import { requestPreemption } from "./store/steps.ts";

export interface OrderParts extends ExecutionParts {
  readonly jobs: JobQueue;
  readonly executor: Executor;
  readonly reader: ExecutionReader;
  /** Remembers the digests of unchanged files, one file for each project. */
  readonly snapshotsFolder: string;
}

export function createOrders(parts: OrderParts): PipelinesCommands {
  const { db, clock } = parts;
  return {
    async execute(order) {
      const earlier = await findKeyed(db, order);
      if (earlier !== undefined) return await requireExecution(parts, earlier);
      const project = await parts.projects.getProject(order.project);
      const datasets = await parts.datasets.resolve(order.project, order.datasetVersions ?? {});
      const { code, pipeline } = await readCode(parts, order, project, datasets);
      refuseMissingRequirements(project, code);
      const { targets = [], parameters = {} } = order;
      const known = Object.keys(parameters).length === 0 ? pipeline : undefined;
      const request = { project, code, parameters, targets, datasets, pipeline: known };
      const { graph, complete } = await planExecution(parts.blobs, request);
      refuseTargets(parts.targets, graph.stages);
      const id = createId("execution", clock);
      return await db.transaction(async () => {
        const { idempotencyKey: key } = order;
        const use = { execution: id, requestDigest: requestDigest(order) };
        if (key !== undefined && !(await takeKey(db, order.project, key, use))) {
          return await requireExecution(parts, (await findKeyed(db, order)) ?? id);
        }
        const plan = await parts.plans.save(graph);
        const row = await insertExecution(db, {
          id,
          project: order.project,
          purpose: order.purpose,
          parameters,
          targets,
          complete,
          codeDigest: code.digest,
          datasetVersions: Object.fromEntries(datasets.map((dataset) => [dataset.name, dataset.versionId])),
          actor: order.actor,
          createdAtMs: clock.nowMs(),
          planDigest: plan.digest,
        });
        await parts.jobs.enqueue({
          kind: "pipelines.execute",
          payload: { execution: id },
          key: id,
          project: order.project,
        });
        return present(row, plan);
      });
    },
    async cancelExecution(id, actor, reason) {
      await db.transaction(async () => {
        const row = await readExecutionRow(db, id);
        if (reason !== undefined) await setCancelReason(db, id, reason);
        if (row?.state === "queued") await endInTransaction(parts, row, { state: "cancelled" }, actor);
        if (row?.state !== "running") return;
        await requestCancel(db, id);
        // One that waits for an answer has no job that could end it.
        await parts.jobs.enqueue({
          kind: "pipelines.execute",
          payload: { execution: id },
          key: id,
          project: row.project,
        });
      });
      parts.executor.look(id);
      return await requireExecution(parts, id);
    },
    async answerApproval({ execution, stage, answer, note, by }) {
      if (by.kind !== "person") {
        throw new Problem(problems.approver_not_a_person, {
          message: `${by.name} is no person; the question of "${stage}" is for one.`,
          data: { execution, stage },
        });
      }
      await db.transaction(async () => {
        await lockExecution(db, execution);
        const row = await readExecutionRow(db, execution);
        const approvals = await listApprovals(db, [execution]);
        const asked = approvals.find((one) => one.stage === stage || one.step === stage);
        if (asked === undefined || row === undefined) throw approvalNotFound(execution, stage);
        const isOpen = row.ended_at_ms === null;
        const given = { answer, note: note ?? null, actor: by.id, nowMs: clock.nowMs() };
        if (!isOpen || !(await saveAnswer(db, asked.step, given))) throw approvalNotOpen(asked, isOpen);
        await parts.ledger.append({
          kind: "approval.answered",
          subject: asked.step,
          project: row.project,
          actor: by.id,
          data: { execution, stage: asked.stage, answer, note: note ?? null },
        });
        await parts.jobs.enqueue({
          kind: "pipelines.execute",
          payload: { execution },
          key: execution,
          project: row.project,
        });
      });
      parts.executor.look(execution);
      return await requireExecution(parts, execution);
    },
    async preemptStep({ execution: id, stage, actor }) {
      const execution = await requireExecution(parts, id);
      const step = execution.steps.find((one) => one.stage === stage || one.id === stage);
      await db.transaction(async () => {
        if (step === undefined || !(await requestPreemption(db, step.id))) {
          throw new Problem(problems.step_not_running, {
            message: `The step "${stage}" of ${id} does not run.`,
            data: { execution: id, stage },
          });
        }
        await parts.ledger.append({
          kind: "step.preempted",
          subject: step.id,
          project: execution.project,
          actor,
          data: { execution: id, stage: step.stage },
        });
      });
      parts.executor.look(id);
      return await requireExecution(parts, id);
    },
  };
}

/** A new execution as its caller sees it. Its steps are made when they are looked at: there may be very many. */
function present(row: ExecutionRow, plan: ExecutionPlan): Execution {
  let steps: readonly Step[] | undefined;
  return {
    ...toExecution(row),
    waitingReason: "waits for the server to begin it",
    get steps() {
      const sources = {
        execution: row,
        plan,
        rows: [],
        waitsFor: () => undefined,
        questionOf: () => undefined,
      };
      return (steps ??= presentSteps(sources));
    },
  };
}

function approvalNotFound(execution: string, stage: string): Problem {
  return new Problem(problems.approval_not_found, {
    message: `The step "${stage}" of ${execution} asks nothing.`,
    data: { execution, stage },
  });
}

function approvalNotOpen(asked: StepApproval, isOpen: boolean): Problem {
  const why = isOpen ? `was ${asked.answer ?? "answered"} already` : "is of an execution that has ended";
  return new Problem(problems.approval_not_open, {
    message: `The question of "${asked.stage}" ${why}.`,
    data: { execution: asked.execution, stage: asked.stage },
  });
}

async function readCode(
  parts: OrderParts,
  order: ExecuteOrder,
  project: PipelineProject,
  datasets: readonly DatasetInput[],
): Promise<Snapshot> {
  if (order.codeDigest !== undefined)
    return { code: await readTree(parts.blobs, order.codeDigest), pipeline: undefined };
  const dataPaths = datasets.map((dataset) => dataset.path);
  return await snapshotCode(
    parts.blobs,
    project,
    dataPaths,
    join(parts.snapshotsFolder, `${project.id}.json`),
  );
}

function refuseMissingRequirements(project: PipelineProject, code: StoredTree): void {
  const file = project.python?.requirements;
  if (file === undefined || code.files.some(({ path }) => path === file)) return;
  throw new Problem(problems.requirements_missing, {
    message: `The requirements file ${file} does not exist.`,
    data: { file },
  });
}

async function requireExecution(parts: OrderParts, id: string): Promise<Execution> {
  const execution = await parts.reader.read(id);
  if (execution !== undefined) return execution;
  throw new Problem(problems.execution_not_found, {
    message: `There is no execution ${id}.`,
    data: { execution: id },
  });
}
