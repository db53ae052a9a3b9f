import { Readable } from "node:stream";

import { z } from "zod";

import { digestOf } from "#kernel/digest";
import { Problem } from "#kernel/errors";
import { defineRawRoute, defineRoute, defineStream, safePath, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { PipelinesCommands } from "./commands.ts";
import type { Execution, Step, StepState } from "./entities.ts";
import { followExecution } from "./follow.ts";
import { keyOf } from "./idempotency-header.ts";
import { foreignRunText } from "./foreign-run.ts";
import { problems } from "./problems.ts";
import type { PipelinesQuestions } from "./questions.ts";
import { executionDetail, executionSummary, explanation, graph, logPart } from "./schemas.ts";

const base = "/api/v1/projects/:project";
const tags = ["pipelines"];

/** The HTTP face of pipelines. */
export function createRoutes(questions: PipelinesQuestions, commands: PipelinesCommands): readonly Route[] {
  const executionOf = async (project: string, id: string): Promise<Execution> =>
    await executionOfProject(questions, project, id);
  return [
    defineRoute({
      method: "GET",
      path: `${base}/executions`,
      permission: "project:read",
      summary: "Lists executions, newest first",
      tags,
      query: z.object({
        limit: z.coerce.number().int().min(1).max(200).default(20),
        before: z.string().optional(),
      }),
      response: z.object({ executions: z.array(executionSummary), next: z.string().nullable() }),
      async handler({ params, query }) {
        const { limit, before } = query;
        const executions = await questions.listExecutions(params.project, {
          limit,
          ...(before === undefined ? {} : { before }),
        });
        return {
          executions: executions.map((execution) => presentExecution(execution, listedSteps)),
          next: executions.length < limit ? null : (executions.at(-1)?.id ?? null),
        };
      },
    }),
    defineRoute({
      method: "POST",
      path: `${base}/executions`,
      permission: "pipeline:run",
      summary: "Runs the pipeline, or the part of it that makes the targets",
      tags,
      body: z.strictObject({
        targets: z.array(z.string()).default([]),
        parameters: z.record(z.string(), z.unknown()).default({}),
        reason: z.string().max(500).optional(),
        lineageParent: foreignRunText.optional(),
        lineageRoot: foreignRunText.optional(),
      }),
      status: 201,
      response: executionDetail,
      handler: async ({ params, body, principal, request }) => {
        const execution = await commands.execute({
          project: params.project,
          targets: body.targets,
          parameters: body.parameters,
          purpose: {
            kind: "requested",
            reason: body.reason ?? `asked for by ${principal.name}`,
            ...(body.lineageParent === undefined ? {} : { parent: body.lineageParent }),
            ...(body.lineageRoot === undefined ? {} : { root: body.lineageRoot }),
          },
          actor: principal.id,
          ...keyOf(request.headers["idempotency-key"]),
        });
        return presentExecution(execution, wantsLittle(request.headers["prefer"]) ? 0 : shownSteps);
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/executions/:execution`,
      permission: "project:read",
      summary: "Shows an execution with its steps; on request when it has ended, or the wait is over",
      tags,
      query: z.object({ waitSeconds: z.coerce.number().int().min(0).max(60).default(0) }),
      response: executionDetail,
      async handler({ params, query, signal, request }) {
        const execution = await executionOf(params.project, params.execution);
        const mostSteps = wantsLittle(request.headers["prefer"]) ? 0 : shownSteps;
        if (query.waitSeconds === 0) return presentExecution(execution, mostSteps);
        await questions.awaitExecution(execution.id, { withinMs: query.waitSeconds * 1_000, signal });
        return presentExecution(await questions.getExecution(execution.id), mostSteps);
      },
    }),
    defineRoute({
      method: "POST",
      path: `${base}/executions/:execution/cancel`,
      permission: "pipeline:run",
      summary: "Cancels an execution; one that has ended stays as it is",
      tags,
      response: executionDetail,
      async handler({ params, principal }) {
        await executionOf(params.project, params.execution);
        return presentExecution(await commands.cancelExecution(params.execution, principal.id), shownSteps);
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/executions/:execution/steps/:stage/log`,
      permission: "project:read",
      summary: "Reads the log of a step from a byte on",
      tags,
      query: z.object({ from: z.coerce.number().int().min(0).default(0) }),
      response: logPart,
      async handler({ params, query }) {
        const step = stepOf(await executionOf(params.project, params.execution), params.stage);
        return await questions.readLog(step.id, { fromByte: query.from });
      },
    }),
    defineStream({
      path: `${base}/executions/:execution/log/stream`,
      permission: "project:read",
      summary: "Follows an execution: what its steps print, and how they end",
      tags,
      async handler({ params, signal }) {
        await executionOf(params.project, params.execution);
        return followExecution(questions, params.execution, signal);
      },
    }),
    defineRawRoute({
      method: ["GET", "HEAD"],
      path: `${base}/executions/:execution/outputs/*`,
      permission: "project:read",
      summary: "Downloads one file that an execution produced or took over",
      tags,
      async handler({ params, reply }) {
        const { id } = await executionOf(params.project, params.execution);
        const path = safePath(params["*"]);
        const digest = (await questions.outputs(id)).get(path);
        const bytes = await questions.readOutput(id, path);
        return await sendBlob(reply, {
          digest: digest ?? digestOf(bytes),
          sizeBytes: bytes.byteLength,
          fileName: path.slice(path.lastIndexOf("/") + 1),
          open: (range) =>
            Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)]),
        });
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/pipeline`,
      permission: "project:read",
      summary: "Shows the stages of the project as it stands, with the last step of each",
      tags,
      response: graph,
      async handler({ params }) {
        const planned = await questions.planGraph(params.project);
        const last = await questions.lastSteps(params.project);
        const stages = planned.stages.map((stage) => {
          const found = last.get(stage.name);
          return {
            ...stage,
            last: found === undefined ? null : { ...found.step, execution: found.execution },
          };
        });
        return { file: planned.file, stages };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/pipeline/why/:stage`,
      permission: "project:read",
      summary: "Says whether a stage would run now, and why",
      tags,
      response: z.object({ explanations: z.array(explanation) }),
      handler: async ({ params }) => ({
        explanations: [...(await questions.explainStep(params.project, params.stage))],
      }),
    }),
  ];
}

/** What another project's execution is called does not exist here. */
export async function executionOfProject(
  questions: Pick<PipelinesQuestions, "getExecution">,
  project: string,
  id: string,
): Promise<Execution> {
  const execution = await questions.getExecution(id);
  if (execution.project === project) return execution;
  throw new Problem(problems.execution_not_found, {
    message: `There is no execution ${id}.`,
    data: { execution: id },
  });
}

const listedSteps = 200;
export const shownSteps = 2_000;

/** An execution with at most so many of its steps: those that failed, run or wait come first, the rest by its order. */
export function presentExecution(execution: Execution, mostSteps: number) {
  const counts: Partial<Record<StepState, number>> = {};
  for (const { state } of execution.steps) counts[state] = (counts[state] ?? 0) + 1;
  const { steps } = execution;
  if (steps.length <= mostSteps) return { ...execution, counts, steps };
  const ranked = steps.map((step, place) => ({ step, place, rank: rankOf(step.state) }));
  const chosen = ranked.toSorted((a, b) => a.rank - b.rank || a.place - b.place).slice(0, mostSteps);
  return {
    ...execution,
    counts,
    steps: chosen.toSorted((a, b) => a.place - b.place).map(({ step }) => step),
  };
}

function rankOf(state: StepState): number {
  return state === "failed" ? 0 : state === "running" ? 1 : 2;
}

export function stepOf(execution: Execution, stage: string): Step {
  const step = execution.steps.find((candidate) => candidate.stage === stage || candidate.id === stage);
  if (step !== undefined) return step;
  throw new Problem(problems.step_not_found, {
    message: `Execution ${execution.id} has no step "${stage}".`,
    data: { execution: execution.id, stage },
  });
}

/** `Prefer: return=minimal` (RFC 7240): without the steps, for callers whose answers must be small. */
function wantsLittle(header: string | string[] | undefined): boolean {
  return String(header ?? "")
    .split(",")
    .some((preference) => preference.trim() === "return=minimal");
}
