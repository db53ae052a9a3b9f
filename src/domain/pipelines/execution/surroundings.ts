import { readEnvironmentFile } from "#compute";
import type { Surroundings } from "#compute";
import type { Digest } from "#kernel/digest";

import type { Stage } from "../definition/stages.ts";
import type { PipelineProject } from "../ports.ts";
import type { KeySurroundings } from "./cache-key.ts";
import type { ExecutionParts } from "./parts.ts";
import { targetElsewhere } from "./place.ts";

export interface SurroundingsOf {
  readonly python: PipelineProject["python"];
  /** The environment of this machine, as it was or would be built. */
  readonly here: Digest | null;
  readText(path: string): Promise<string | undefined>;
}

/**
 * Says of a stage what its key must know of where it runs: of a stage here the environment, in which this
 * machine's Python and platform are; of one elsewhere what its target tells. Throws what the target throws.
 */
export function createSurroundings(
  parts: Pick<ExecutionParts, "targets" | "compute">,
  { python, here, readText }: SurroundingsOf,
): (stage: Stage) => Promise<KeySurroundings> {
  const asked = new Map<string, Promise<Surroundings>>();
  let requirements: Promise<Digest | null> | undefined;

  async function ask(target: string, image: string | null): Promise<Surroundings> {
    const key = JSON.stringify([target, image]);
    const answer = asked.get(key) ?? parts.targets.find(target).surroundings(image);
    asked.set(key, answer);
    // A target that did not answer may do so later.
    answer.catch(() => asked.delete(key));
    return await answer;
  }

  async function readRequirements(): Promise<Digest | null> {
    if (python === null) return null;
    const text = await readEnvironmentFile(python.requirements, readText);
    return parts.compute.requirementsDigest({ ...text, pythonVersion: python.version });
  }

  return async (stage) => {
    const target = targetElsewhere(stage);
    if (target === undefined) return { environment: here };
    return {
      environment: await (requirements ??= readRequirements()),
      ...(await ask(target, stage.settings.image)),
    };
  };
}
