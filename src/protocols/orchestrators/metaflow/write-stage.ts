import { readFile, writeFile } from "node:fs/promises";

import { Document, isMap, parseDocument } from "yaml";

import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import type { FlowStage } from "./stage.ts";

/**
 * Adds the stage to the pipeline file and its values to the file of parameters, leaving everything else as
 * it is written, comments too. Values that are there already stay. Throws `flow_stage_exists`.
 */
export async function writeStage(
  stage: FlowStage,
  files: { readonly pipeline: string; readonly parameters: string },
): Promise<void> {
  const pipeline = await readDocument(files.pipeline);
  if (pipeline.hasIn(["stages", stage.name])) {
    throw new Problem(problems.flow_stage_exists, {
      message: `${files.pipeline} has a stage ${stage.name} already.`,
    });
  }
  pipeline.setIn(["stages", stage.name], pipeline.createNode(stage.definition));
  const given = Object.entries(stage.parameters);
  const parameters = await readDocument(files.parameters);
  const missing = given.filter(([key]) => !parameters.hasIn([stage.name, key]));
  for (const [key, value] of missing) parameters.setIn([stage.name, key], value);
  await writeFile(files.pipeline, pipeline.toString({ lineWidth: 0 }));
  if (missing.length > 0) await writeFile(files.parameters, parameters.toString({ lineWidth: 0 }));
}

/** What would be written, for a look. */
export function stageText({ name, definition, parameters }: FlowStage): string {
  const pipeline = new Document({ stages: { [name]: definition } }).toString({ lineWidth: 0 });
  if (Object.keys(parameters).length === 0) return pipeline;
  return `${pipeline}\n# params.yaml\n${new Document({ [name]: parameters }).toString({ lineWidth: 0 })}`;
}

async function readDocument(path: string): Promise<Document> {
  const text = await readFile(path, "utf8").catch(() => "");
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error === undefined && (document.contents === null || isMap(document.contents))) {
    return document.contents === null ? new Document({}) : document;
  }
  throw new Problem(problems.flow_target_unreadable, {
    message: `${path} is no YAML file that a stage can be added to: ${error?.message ?? "it is no mapping"}`,
  });
}
