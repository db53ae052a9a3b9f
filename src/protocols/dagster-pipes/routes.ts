import { z } from "zod";

import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import { problems } from "#pipelines";
import type { Pipelines } from "#pipelines";

import { readMessages } from "./store.ts";

const message = z
  .object({
    attempt: z.number(),
    position: z.number(),
    method: z.string(),
    content: z.unknown(),
    atMs: z.number(),
  })
  .meta({ id: "PipesMessage" });

/** What a step has reported, for whoever may read its project. */
export function createRoutes(db: Database, pipelines: Pick<Pipelines, "getExecution">): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/executions/:execution/steps/:stage/messages",
      permission: "project:read",
      summary: "What a step has reported by Dagster Pipes: materialisations, checks, messages of its own",
      tags: ["pipelines"],
      query: z.object({
        limit: z.coerce.number().int().min(1).max(1_000).default(200),
        offset: z.coerce.number().int().min(0).default(0),
      }),
      response: z.object({ messages: z.array(message) }),
      async handler({ params, query }) {
        const { project, steps } = await pipelines.getExecution(params.execution);
        const step = steps.find(({ stage, id }) => stage === params.stage || id === params.stage);
        if (project === params.project && step !== undefined) {
          return { messages: [...(await readMessages(db, step.id, query))] };
        }
        throw new Problem(problems.step_not_found, {
          message: `Execution ${params.execution} has no step "${params.stage}".`,
        });
      },
    }),
  ];
}
