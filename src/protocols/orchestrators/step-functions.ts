import { digestOf } from "#kernel/digest";

import type { ExportedFile, ExportedPipeline, ExportedStage } from "./entities.ts";
import { levelsOf } from "./levels.ts";
import { jsonataText, stageStates } from "./stage-states.ts";
import { taskNames } from "./task-names.ts";

/** What stands for the connection that holds the token, until the deployment fills it in. */
export const connectionPlaceholder = "${GyreConnectionArn}";

// A definition may have a megabyte, and a branch takes 4 kB of it; of a map no more than so many run at once.
const mostBranches = 40;
// Eighty signs, of which the verb before it takes some. Names are unique in a machine, not only in a branch.
const stateNames = { forbidden: /[\p{Cc}\p{Zs}]+/gu, joiner: " ", longest: 72 };

/**
 * A state machine in the Amazon States Language, with JSONata. The token is that of an EventBridge connection.
 * The stages of a level have a branch each, under their names, unless they are very many.
 */
export function toStepFunctions(
  { project, url, stages }: ExportedPipeline,
  connection: string = connectionPlaceholder,
): ExportedFile {
  const levels = levelsOf(stages);
  const names = taskNames(
    stages.map(({ name }) => name),
    stateNames,
  );
  const endpoint = `${url}/api/v1/projects/${encodeURIComponent(project)}/executions`;
  const nameOf = (index: number): string => `Level ${index + 1}`;
  const branchOf = ({ name, description }: ExportedStage): object => ({
    ...(description === null ? {} : { Comment: description }),
    ...stageStates(names.get(name) ?? name, {
      endpoint,
      connection,
      stage: name,
      key: jsonataText(keyPart(name)),
    }),
  });
  const states = levels.map((level, index) => [
    nameOf(index),
    {
      ...(level.length > mostBranches
        ? {
            Type: "Map",
            Items: level.map(({ name }) => ({ stage: name, key: keyPart(name) })),
            MaxConcurrency: mostBranches,
            ItemProcessor: {
              ProcessorConfig: { Mode: "INLINE" },
              ...stageStates(`a stage of level ${index + 1}`, {
                endpoint,
                connection,
                stage: "{% $states.input.stage %}",
                key: "$states.input.key",
              }),
            },
          }
        : { Type: "Parallel", Branches: level.map(branchOf) }),
      ...(index + 1 < levels.length ? { Next: nameOf(index + 1) } : { End: true }),
    },
  ]);
  const machine = {
    Comment: `The pipeline of ${project}: each branch runs a stage at Gyre and waits for its end. Made by: gyre export step-functions. The input may set parameters: {"parameters": {"train.alpha": 0.2}}.`,
    QueryLanguage: "JSONata",
    StartAt: nameOf(0),
    States: Object.fromEntries(states),
  };
  return { file: `${project}.asl.json`, text: `${JSON.stringify(machine, null, 1)}\n` };
}

/** A header carries ASCII, and the server takes a key of 200 signs, of which the rest of it may need 110. */
function keyPart(stage: string): string {
  const part = encodeURIComponent(stage);
  return part.length <= 90 ? part : digestOf(stage);
}
