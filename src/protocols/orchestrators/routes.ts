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
        const exported = exportTo(format, { project, url, stages }, query.connection);
        refuseTooLarge(format, exported);
        return exported;
      },
    }),
  ];
}

/**
 * Step Functions has a limit of its own for a definition; Argo's is that of a request to the database of a
 * Kubernetes cluster.
 */
const mostBytes: Readonly<Record<ExportFormat, number>> = {
  airflow: Infinity,
  argo: 1_572_864,
  "step-functions": 1_048_576,
};

function refuseTooLarge(format: ExportFormat, { text }: ExportedFile): void {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= mostBytes[format]) return;
  throw new Problem(problems.export_too_large, {
    message: `The definition has ${sizeBytes} bytes; ${format} takes ${mostBytes[format]}.`,
  });
}

function exportTo(
  format: ExportFormat,
  pipeline: ExportedPipeline,
  connection: string | undefined,
): ExportedFile {
  if (format === "airflow") return toAirflow(pipeline);
  return format === "argo" ? toArgo(pipeline) : toStepFunctions(pipeline, connection);
}
