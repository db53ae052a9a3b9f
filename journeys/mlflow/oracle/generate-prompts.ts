import type { Fields, Move } from "./questions.ts";
import type { Random } from "./random.ts";

export const prompts = ["p-1", "p-2"];

/** Prompts ride on the registry: a model with a tag, versions whose tags hold the text. */
export function promptMoves(random: Random): readonly Move[] {
  const { pick, percent } = random;
  const promptTags = (): readonly Fields[] => [
    { key: "mlflow.prompt.is_prompt", value: "true" },
    ...(percent(30) ? [{ key: "team", value: pick(["a", "B", ""]) }] : []),
  ];
  const page = (): Fields => ({
    max_results: pick([1, 2, 100]),
    ...(percent(3) ? { page_token: "no token of ours" } : {}),
  });
  const version = (): string => pick(["1", "2", "9"]);
  return [
    [2, "POST", "2.0/mlflow/registered-models/create", () => ({ name: pick(prompts), tags: promptTags() })],
    [2, "GET", "2.0/mlflow/registered-models/get", () => ({ name: pick(prompts) })],
    [
      3,
      "POST",
      "2.0/mlflow/model-versions/create",
      () => ({
        name: pick(prompts),
        source: "dummy-source",
        description: "first words",
        tags: [
          { key: "mlflow.prompt.is_prompt", value: "true" },
          { key: "mlflow.prompt.text", value: "Hello {{name}}, größer" },
          { key: "_mlflow_prompt_type", value: "text" },
        ],
      }),
    ],
    [2, "GET", "2.0/mlflow/model-versions/get", () => ({ name: pick(prompts), version: version() })],
    [
      3,
      "GET",
      "2.0/mlflow/registered-models/search",
      () => ({
        filter: pick([
          "",
          "tags.`mlflow.prompt.is_prompt` = 'true'",
          "tags.`mlflow.prompt.is_prompt` = 'true' AND name LIKE 'p%'",
          "tags.`mlflow.prompt.is_prompt` != 'true'",
          "name = 'p-1'",
        ]),
        ...page(),
      }),
    ],
    [
      3,
      "GET",
      "2.0/mlflow/model-versions/search",
      () => ({
        filter: pick([
          "",
          "name = 'p-1'",
          "name = 'p-1' AND tags.`mlflow.prompt.is_prompt` = 'true'",
          "tags.`mlflow.prompt.is_prompt` = 'true'",
        ]),
        ...page(),
      }),
    ],
    [
      1,
      "POST",
      "2.0/mlflow/registered-models/set-tag",
      () => ({ name: pick(prompts), key: "_mlflow_experiment_ids", value: ",0," }),
    ],
    [
      1,
      "POST",
      "2.0/mlflow/registered-models/alias",
      () => ({ name: pick(prompts), alias: pick(["live", "latest"]), version: version() }),
    ],
    [
      1,
      "GET",
      "2.0/mlflow/registered-models/alias",
      () => ({ name: pick(prompts), alias: pick(["live", "latest"]) }),
    ],
    [1, "DELETE", "2.0/mlflow/model-versions/delete", () => ({ name: pick(prompts), version: "2" })],
  ];
}
