import { join } from "node:path";

import { readTree } from "#kernel/blobs";
import type { StoredTree } from "#kernel/blobs";
import { Problem } from "#kernel/errors";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";

import type { ExecuteOrder, PipelinesCommands } from "./commands.ts";
import type { Execution } from "./entities.ts";
import type { Executor } from "./execution/executor.ts";
import type { ExecutionParts } from "./execution/parts.ts";
import { planExecution } from "./planning/plan.ts";
import { snapshotCode } from "./planning/snapshot.ts";
import { findKeyed, requestDigest } from "./one-time-key.ts";
import type { DatasetInput, PipelineProject } from "./ports.ts";
import { problems } from "./problems.ts";
import { endExecution, insertExecution, readExecution, requestCancel } from "./store/executions.ts";
import { takeKey } from "./store/keys.ts";
import { endWaitingStep } from "./store/steps.ts";

export interface OrderParts extends ExecutionParts {
  readonly jobs: JobQueue;
  readonly executor: Executor;
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
      const code = await readCode(parts, order, project, datasets);
      refuseMissingRequirements(project, code);
      const { targets = [], parameters = {} } = order;
      const plan = await planExecution(parts.blobs, { project, code, parameters, targets, datasets });
      const id = createId("execution", clock);
      return await db.transaction(async () => {
        const { idempotencyKey: key } = order;
        const use = { execution: id, requestDigest: requestDigest(order) };
        if (key !== undefined && !(await takeKey(db, order.project, key, use))) {
          return await requireExecution(parts, (await findKeyed(db, order)) ?? id);
        }
        await insertExecution(db, {
          id,
          project: order.project,
          purpose: order.purpose,
          parameters,
          targets,
          complete: plan.complete,
          codeDigest: code.digest,
          datasetVersions: Object.fromEntries(datasets.map((dataset) => [dataset.name, dataset.versionId])),
          actor: order.actor,
          createdAtMs: clock.nowMs(),
          steps: plan.graph.stages.map((stage) => ({
            id: createId("step", clock),
            stage,
            dependsOn: plan.graph.dependsOn.get(stage.name) ?? [],
          })),
        });
        await parts.jobs.enqueue({
          kind: "pipelines.execute",
          payload: { execution: id },
          key: id,
          project: order.project,
        });
        return await requireExecution(parts, id);
      });
    },
    async cancelExecution(id, actor) {
      const execution = await db.transaction(async () => {
        const before = await requireExecution(parts, id);
        if (before.state === "queued") await cancelQueued(parts, before, actor);
        if (before.state === "running") await requestCancel(db, id);
        return await requireExecution(parts, id);
      });
      db.afterCommit(() => parts.executor.cancel(id));
      return execution;
    },
  };
}

async function readCode(
  parts: OrderParts,
  order: ExecuteOrder,
  project: PipelineProject,
  datasets: readonly DatasetInput[],
): Promise<StoredTree> {
  if (order.codeDigest !== undefined) return await readTree(parts.blobs, order.codeDigest);
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

/** Nobody works on it yet; the job that will be begun finds it ended. */
async function cancelQueued(parts: OrderParts, execution: Execution, actor: string): Promise<void> {
  const nowMs = parts.clock.nowMs();
  for (const step of execution.steps) {
    const reason = "The execution was cancelled.";
    await endWaitingStep(parts.db, step.id, { state: "cancelled", reason, failure: null, nowMs });
  }
  await endExecution(parts.db, execution.id, { state: "cancelled", failure: null, nowMs });
  await parts.ledger.append({
    kind: "execution.finished",
    subject: execution.id,
    project: execution.project,
    actor,
    data: { state: "cancelled", purpose: execution.purpose, complete: execution.complete },
  });
}

async function requireExecution(parts: OrderParts, id: string): Promise<Execution> {
  const execution = await readExecution(parts.db, id);
  if (execution !== undefined) return execution;
  throw new Problem(problems.execution_not_found, {
    message: `There is no execution ${id}.`,
    data: { execution: id },
  });
}
