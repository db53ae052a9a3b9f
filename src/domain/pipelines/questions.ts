import { readTree } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";
import { Problem } from "#kernel/errors";

import { connect } from "./definition/graph.ts";
import { readPipeline } from "./definition/pipeline.ts";
import { awaitEnd } from "./await-end.ts";
import type {
  EarlierAttempt,
  Execution,
  ExecutionRecord,
  PlannedGraph,
  Stage,
  Step,
  StepExplanation,
  StepOut,
  StepRecord,
} from "./entities.ts";
import { explainStage } from "./explain.ts";
import type { ExplainParts } from "./explain.ts";
import type { LogPart } from "./execution/logs.ts";
import { targetElsewhere } from "./execution/place.ts";
import type { PoolState } from "./execution/pool.ts";
import { filesOfTree } from "./planning/plan.ts";
import { filesOfFolder } from "./planning/snapshot.ts";
import { problems } from "./problems.ts";
import type { ExecutionReader } from "./read-executions.ts";
import { listLastResults } from "./store/results.ts";
import type { StepResult } from "./store/results.ts";
import { readExecutionRecord, readStepRecord } from "./store/records.ts";
import { listApprovals, listOpenQuestions } from "./store/approvals.ts";
import type { StepApproval } from "./store/approvals.ts";
import { listAttempts } from "./store/attempts.ts";
import { listOpenExecutions } from "./store/executions.ts";
import { listLastSteps } from "./store/steps.ts";

export interface PipelinesQuestions {
  /** Throws `execution_not_found`. */
  getExecution(id: string): Promise<Execution>;
  /** Throws `execution_not_found`. */
  getExecutionRecord(id: string): Promise<ExecutionRecord>;
  /** Waits for the end of the execution, at most `withinMs`; gives it as it then stands. Throws `execution_not_found`. */
  awaitExecution(
    id: string,
    wait: { readonly withinMs: number; readonly signal?: AbortSignal },
  ): Promise<ExecutionRecord>;
  /** Throws `step_not_found`. */
  getStepRecord(id: string): Promise<StepRecord>;
  /** The attempts of each step before its last, by the id of the step. */
  earlierAttempts(execution: string): Promise<ReadonlyMap<string, readonly EarlierAttempt[]>>;
  /** The questions of approval steps that nobody has answered, oldest first. */
  openQuestions(project: string): Promise<readonly StepApproval[]>;
  /** Every question of an execution, with its answer. */
  approvalsOf(execution: string): Promise<readonly StepApproval[]>;
  /** Who holds the resources of this machine, who waits for what, and which executions stand still. */
  queue(project: string): Promise<Queue>;
  /** Newest first; `before` is the id of the last one of the page before. */
  listExecutions(
    project: string,
    page: { readonly limit: number; readonly before?: string },
  ): Promise<readonly Execution[]>;
  /** Whether a stage would run now and why; each variant of it when the name has several. Throws `stage_unknown`. */
  explainStep(project: string, stage: string): Promise<readonly StepExplanation[]>;
  /** The log of the newest attempt of a step, from a byte on. Throws `step_not_found`. */
  readLog(stepId: string, from?: { readonly fromByte?: number }): Promise<LogPart>;
  /** The log of building the Python environment of an execution. */
  readEnvironmentLog(execution: string, from?: { readonly fromByte?: number }): Promise<LogPart>;
  /** Every file the execution produced or took over, folders as the files in them. Throws `execution_not_found`. */
  outputs(execution: string): Promise<ReadonlyMap<string, Digest>>;
  /** Throws `output_not_found`. */
  readOutput(execution: string, path: string): Promise<Uint8Array>;
  /** The stages and how they depend on each other: of the project as it stands, or of stored code. */
  planGraph(project: string, codeDigest?: Digest): Promise<PlannedGraph>;
  /** What each stage read and wrote when it ran last and well, by the name of the stage. */
  lastResults(project: string): Promise<readonly StepResult[]>;
  /** The newest step of each stage that was more than planned. */
  lastSteps(
    project: string,
  ): Promise<ReadonlyMap<string, { readonly step: Step; readonly execution: string }>>;
}

/** The resources of this machine, and what stands still for want of them or of something else. */
export interface Queue extends PoolState {
  readonly executions: readonly {
    readonly id: string;
    readonly state: string;
    readonly reason: string;
  }[];
}

export function createQuestions(
  parts: ExplainParts & { readonly reader: ExecutionReader },
): PipelinesQuestions {
  const { db, blobs, reader } = parts;
  const getExecution = async (id: string): Promise<Execution> => {
    const execution = await reader.read(id);
    if (execution !== undefined) return execution;
    throw executionNotFound(id);
  };
  const getExecutionRecord = async (id: string): Promise<ExecutionRecord> => {
    const record = await readExecutionRecord(db, id);
    if (record !== undefined) return record;
    throw executionNotFound(id);
  };
  const outputs = async (id: string): Promise<ReadonlyMap<string, Digest>> => {
    const found = new Map<string, Digest>();
    for (const out of (await getExecution(id)).steps.flatMap((step) => step.outs)) {
      for (const [path, digest] of await expand(out)) found.set(path, digest);
    }
    return found;
  };
  const expand = async (out: StepOut): Promise<readonly (readonly [string, Digest])[]> => {
    if (!out.isFolder) return [[out.path, out.digest]];
    const { files } = await readTree(blobs, out.digest);
    return files.map((file) => [`${out.path}/${file.path}`, file.digest]);
  };
  return {
    getExecution,
    getExecutionRecord,
    awaitExecution: async (id, wait) => await awaitEnd(async () => await getExecutionRecord(id), wait),
    async getStepRecord(id) {
      const record = await readStepRecord(db, id);
      if (record !== undefined) return record;
      throw stepNotFound(id);
    },
    earlierAttempts: async (execution) => await listAttempts(db, execution),
    openQuestions: async (project) => await listOpenQuestions(db, project),
    approvalsOf: async (execution) => await listApprovals(db, [execution]),
    async queue(project) {
      const open = await listOpenExecutions(db, project);
      const executions = await Promise.all(open.map(async ({ id }) => await reader.read(id)));
      const standing = executions.flatMap((execution) =>
        execution === undefined || execution.waitingReason === null
          ? []
          : [{ id: execution.id, state: execution.state, reason: execution.waitingReason }],
      );
      return { ...parts.pool.state(), executions: standing };
    },
    listExecutions: async (project, page) => await reader.list(project, page),
    explainStep: async (project, stage) => await explainStage(parts, project, stage),
    async readLog(stepId, { fromByte = 0 } = {}) {
      const found = await reader.readStep(stepId);
      if (found === undefined) throw stepNotFound(stepId);
      return await parts.logs.read(found.execution, { step: stepId, attempt: found.step.attempt }, fromByte);
    },
    readEnvironmentLog: async (execution, { fromByte = 0 } = {}) =>
      await parts.logs.read(execution, "environment", fromByte),
    outputs,
    async readOutput(execution, path) {
      const digest = (await outputs(execution)).get(path);
      if (digest !== undefined) return await blobs.readBytes(digest);
      throw new Problem(problems.output_not_found, {
        message: `No step of execution ${execution} produced ${path}.`,
        data: { execution, path },
      });
    },
    async planGraph(projectId, codeDigest) {
      const project = await parts.projects.getProject(projectId);
      const files =
        codeDigest === undefined
          ? filesOfFolder(project.folder)
          : filesOfTree(blobs, { project, code: await readTree(blobs, codeDigest), parameters: {} });
      const graph = connect((await readPipeline({ files, ...project.pipeline })).stages);
      const stages = graph.stages.map((stage) => ({
        ...stage,
        dependsOn: graph.dependsOn.get(stage.name) ?? [],
        target: targetElsewhere(stage) ?? null,
        image: imageOf(parts, stage),
      }));
      return { file: project.pipeline.file, codeDigest: codeDigest ?? null, stages };
    },
    lastResults: async (project) => await listLastResults(db, project),
    lastSteps: async (project) => await listLastSteps(db, project),
  };
}

/** Of a target that is not there any more nobody knows the image. */
function imageOf({ targets }: Pick<ExplainParts, "targets">, stage: Stage): string | null {
  const target = targets.all().find(({ name }) => name === targetElsewhere(stage));
  return stage.settings.image ?? target?.images?.default ?? null;
}

function executionNotFound(id: string): Problem {
  return new Problem(problems.execution_not_found, {
    message: `There is no execution ${id}.`,
    data: { execution: id },
  });
}

function stepNotFound(id: string): Problem {
  return new Problem(problems.step_not_found, { message: `There is no step ${id}.`, data: { step: id } });
}
