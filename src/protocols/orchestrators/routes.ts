import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { Pipelines } from "#pipelines";

import { toAirflow } from "./airflow.ts";
import { toArgo } from "./argo.ts";
import type { ExportedFile, ExportedPipeline } from "./entities.ts";
import { problems } from "./problems.ts";
import { toStepFunctions } from "./step-functions.ts";

export const exportFormats = ["airflow", "argo", "step-functions"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The pipeline of a project in the language of an orchestrator. */
export function createRoutes(parts: {
  readonly pipelines: Pick<Pipelines, "planGraph">;
  /** Where this server is reached. */
  url(): string;
}): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/pipeline/export/:format",
      permission: "project:read",
      summary: "The pipeline as an Airflow DAG, an Argo workflow or a Step Functions state machine",
      tags: ["pipelines"],
      params: z.object({ project: z.string(), format: z.enum(exportFormats) }),
      query: z.object({ url: z.url().optional(), connection: z.string().max(300).optional() }),
      response: z.object({ file: z.string(), text: z.string() }),
      async handler({ params: { project, format }, query }) {
        const { stages } = await parts.pipelines.planGraph(project);
        if (stages.length === 0) {
          throw new Problem(problems.pipeline_empty, {
            message: `The pipeline of ${project} has no stages.`,
          });
        }
        const url = (query.url ?? parts.url()).replace(/\/+$/, "");
        return exportTo(format, { project, url, stages }, query.connection);
      },
    }),
  ];
}

function exportTo(
  format: ExportFormat,
  pipeline: ExportedPipeline,
  connection: string | undefined,
): ExportedFile {
  if (format === "airflow") return toAirflow(pipeline);
  return format === "argo" ? toArgo(pipeline) : toStepFunctions(pipeline, connection);
}
