import type { Blobs, StoredTree } from "#kernel/blobs";
import { Problem } from "#kernel/errors";

import type { SearchDomain, SearchValue, StudyDeclaration } from "#objectives";

import type { Stage } from "../definition/stages.ts";
import { isWithin } from "../definition/paths.ts";
import { planExecution } from "../planning/plan.ts";
import { readOverrides } from "../planning/overrides.ts";
import type { DatasetInput, PipelineProject } from "../ports.ts";
import { problems } from "./problems.ts";

export interface SpaceQuestion {
  readonly project: PipelineProject;
  readonly code: StoredTree;
  readonly datasets: readonly DatasetInput[];
  readonly declaration: Pick<StudyDeclaration, "space" | "targets">;
}

/**
 * Plans a trial before there is one, so that what is wrong with the pipeline or with the name of a parameter is
 * told at once. Throws what planning throws, and `study_parameter_unused` for a parameter that changes nothing.
 */
export async function refuseUnusedParameters(blobs: Blobs, question: SpaceQuestion): Promise<void> {
  const { space } = question.declaration;
  const first = Object.fromEntries(Object.entries(space).map(([name, domain]) => [name, endsOf(domain)[0]]));
  const stages = await planWith(blobs, question, first);
  for (const [name, domain] of Object.entries(space)) {
    if (stages.some((stage) => dependsOn(stage, name, question.project.pipeline.file))) continue;
    // It may stand in a command or in a path by way of a template.
    const other = await planWith(blobs, question, { ...first, [name]: endsOf(domain)[1] });
    if (JSON.stringify(other) !== JSON.stringify(stages)) continue;
    throw new Problem(problems.study_parameter_unused, {
      message: `No stage of the trials depends on the parameter "${name}".`,
      data: { parameter: name, stages: stages.map((stage) => stage.name) },
    });
  }
}

async function planWith(
  blobs: Blobs,
  { project, code, datasets, declaration }: SpaceQuestion,
  parameters: Readonly<Record<string, SearchValue>>,
): Promise<readonly Stage[]> {
  const { targets } = declaration;
  return (await planExecution(blobs, { project, code, parameters, targets, datasets })).graph.stages;
}

function dependsOn(stage: Stage, parameter: string, pipelineFile: string): boolean {
  for (const [file, keys] of readOverrides({ [parameter]: null }, pipelineFile)) {
    if (stage.deps.some((dep) => isWithin(file, dep))) return true;
    const named = stage.params.filter((one) => one.file === file);
    for (const key of keys.keys()) {
      const isHeld = (held: string): boolean =>
        key === held || key.startsWith(`${held}.`) || held.startsWith(`${key}.`);
      if (named.some((one) => one.keys === null || one.keys.some(isHeld))) return true;
    }
  }
  return false;
}

function endsOf(domain: SearchDomain): readonly [SearchValue, SearchValue] {
  if (domain.kind !== "choice") return [domain.low, domain.high];
  return [domain.options[0] ?? "", domain.options.at(-1) ?? ""];
}
