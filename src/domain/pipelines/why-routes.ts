import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { KeyParts } from "./entities.ts";
import { explainStepOf } from "./explain-step.ts";
import type { PipelinesQuestions } from "./questions.ts";
import { executionOfProject, stepOf } from "./routes.ts";
import { explanation } from "./schemas.ts";

/** Why a step of an execution ran or did not, long after: the question of today is asked at pipeline/why. */
export function createWhyRoutes(
  db: Database,
  questions: Pick<PipelinesQuestions, "getExecution" | "getStepRecord">,
): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/executions/:execution/steps/:stage/why",
      permission: "project:read",
      summary: "Says why a step ran or was taken from the cache, part by part",
      tags: ["pipelines"],
      response: explanation,
      async handler({ params }) {
        const execution = await executionOfProject(questions, params.project, params.execution);
        const step = stepOf(execution, params.stage);
        const { project, createdAtMs } = execution;
        const keyParts = await partsOf(questions, step.id);
        return await explainStepOf(db, step, { project, createdAtMs, keyParts });
      },
    }),
  ];
}

/** A step to which nothing has happened yet is kept nowhere, and has no parts. */
async function partsOf(
  questions: Pick<PipelinesQuestions, "getStepRecord">,
  step: string,
): Promise<KeyParts | null> {
  try {
    return (await questions.getStepRecord(step)).keyParts;
  } catch (error) {
    if (error instanceof Problem && error.code === "step_not_found") return null;
    throw error;
  }
}
