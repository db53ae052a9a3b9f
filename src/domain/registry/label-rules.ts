import { Problem } from "#kernel/errors";
import { checkName, limits } from "#tracking";

import { problems } from "./problems.ts";

/* What may be said about a model and a version: stages and tags, in the limits that MLflow's clients know. */

export const stages = ["None", "Staging", "Production", "Archived"] as const;

export type Stage = (typeof stages)[number];

const longestTagValue = 100_000;

/** The stage of this name, whatever its case. Throws `model_stage_invalid`. */
export function canonicalStage(name: string): Stage {
  const stage = stages.find((one) => one.toLowerCase() === name.toLowerCase());
  if (stage !== undefined) return stage;
  throw new Problem(problems.model_stage_invalid, {
    message: `Invalid Model Version stage: ${name.slice(0, 80)}. Value must be one of ${stages.join(", ")}.`,
  });
}

/** Only a stage that one version holds can be taken from the others. Throws `model_stage_invalid`. */
export function checkArchiving(stage: Stage): void {
  if (stage === "Staging" || stage === "Production") return;
  throw new Problem(problems.model_stage_invalid, {
    message:
      `Model version transition cannot archive existing model versions because '${stage}' is not an Active ` +
      `stage. Valid stages are ('Staging', 'Production')`,
  });
}

/** Throws `tracking_value_invalid`, `model_label_invalid`. */
export function checkTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(tags)) {
    checkTagName(key);
    if (value.length > longestTagValue) throw tooLong("value", longestTagValue);
    if (value.includes("\0")) {
      throw new Problem(problems.model_label_invalid, { message: "Texts must not hold a NUL character." });
    }
  }
  return tags;
}

export function checkTagName(key: string): void {
  checkName(key, "key");
  if (key.length > limits.keyLength) throw tooLong("key", limits.keyLength);
}

function tooLong(what: string, limit: number): Problem {
  return new Problem(problems.model_label_invalid, {
    message: `'${what}' exceeds the maximum length of ${limit} characters.`,
  });
}
