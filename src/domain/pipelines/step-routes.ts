import { z } from "zod";

import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { PipelinesCommands } from "./commands.ts";
import type { PoolRequest } from "./execution/pool.ts";
import type { PipelinesQuestions } from "./questions.ts";
import { executionOfProject, presentExecution, shownSteps, stepOf } from "./routes.ts";
import { approval, attempt, executionDetail, queue, stepsPage } from "./schemas.ts";

const base = "/api/v1/projects/:project";
const tags = ["pipelines"];
const answerBody = z.strictObject({ note: z.string().max(1_000).optional() });
const answers = [
  ["approve", "approved"],
  ["decline", "declined"],
] as const;

/** Single steps: pages of them, their attempts, the queue for resources, the questions they ask. */
export function createStepRoutes(
  questions: PipelinesQuestions,
  commands: PipelinesCommands,
): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: `${base}/executions/:execution/steps`,
      permission: "project:read",
      summary: "Lists the steps of an execution page by page, in their order",
      tags,
      query: z.object({
        state: z.string().optional(),
        after: z.coerce.number().int().min(0).default(0),
        limit: z.coerce.number().int().min(1).max(2_000).default(500),
      }),
      response: stepsPage,
      async handler({ params, query }) {
        const { steps } = await executionOfProject(questions, params.project, params.execution);
        const found: (typeof steps)[number][] = [];
        let place = query.after;
        for (; place < steps.length && found.length < query.limit; place++) {
          const step = steps[place];
          if (step !== undefined && (query.state === undefined || step.state === query.state))
            found.push(step);
        }
        return { steps: found, next: place < steps.length ? place : null };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/executions/:execution/steps/:stage/attempts`,
      permission: "project:read",
      summary: "Lists the attempts of a step before its last one",
      tags,
      response: z.object({ attempts: z.array(attempt) }),
      async handler({ params }) {
        const execution = await executionOfProject(questions, params.project, params.execution);
        const attempts = await questions.earlierAttempts(execution.id);
        return { attempts: [...(attempts.get(stepOf(execution, params.stage).id) ?? [])] };
      },
    }),
    defineRoute({
      method: "POST",
      path: `${base}/executions/:execution/steps/:stage/preempt`,
      permission: "pipeline:run",
      summary: "Stops a running step for another's sake: it keeps its checkpoint and runs again later",
      tags,
      response: executionDetail,
      async handler({ params, principal }) {
        const { id } = await executionOfProject(questions, params.project, params.execution);
        const order = { execution: id, stage: params.stage, actor: principal.id };
        return presentExecution(await commands.preemptStep(order), shownSteps);
      },
    }),
    ...answers.map(([verb, answer]) =>
      defineRoute({
        method: "POST",
        path: `${base}/executions/:execution/steps/:stage/${verb}`,
        permission: "release:approve",
        summary: `Answers the question of an approval step: ${answer}`,
        tags,
        body: answerBody,
        response: executionDetail,
        async handler({ params, body, principal }) {
          const { id } = await executionOfProject(questions, params.project, params.execution);
          const { note } = body;
          const order = { execution: id, stage: params.stage, answer, by: principal };
          const answered = await commands.answerApproval({
            ...order,
            ...(note === undefined ? {} : { note }),
          });
          return presentExecution(answered, shownSteps);
        },
      }),
    ),
    defineRoute({
      method: "GET",
      path: `${base}/executions/:execution/approvals`,
      permission: "project:read",
      summary: "Lists the questions of an execution with their answers",
      tags,
      response: z.object({ approvals: z.array(approval) }),
      async handler({ params }) {
        const { id } = await executionOfProject(questions, params.project, params.execution);
        return { approvals: [...(await questions.approvalsOf(id))] };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/approvals`,
      permission: "project:read",
      summary: "Lists the questions of approval steps that wait for an answer",
      tags,
      response: z.object({ approvals: z.array(approval) }),
      handler: async ({ params }) => ({ approvals: [...(await questions.openQuestions(params.project))] }),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/queue`,
      permission: "project:read",
      summary: "Shows what runs and what waits for which resources, with the reasons",
      tags,
      response: queue,
      async handler({ params }) {
        const state = await questions.queue(params.project);
        const isOwn = ({ project }: PoolRequest): boolean => project === params.project;
        const [running, waiting] = [state.running.filter(isOwn), state.waiting.filter(isOwn)];
        return {
          capacity: state.capacity,
          free: state.free,
          running,
          waiting: waiting.map((one) => ({ ...one, position: state.waiting.indexOf(one) + 1 })),
          others: {
            running: state.running.length - running.length,
            waiting: state.waiting.length - waiting.length,
          },
          executions: [...state.executions],
        };
      },
    }),
  ];
}
