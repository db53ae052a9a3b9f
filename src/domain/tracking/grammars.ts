import type { SearchGrammar } from "./filter.ts";

export const runGrammar: SearchGrammar = {
  kinds: ["metric", "param", "tag", "attribute", "dataset"],
  attributes: {
    run_id: "text",
    run_name: "text",
    user_id: "text",
    status: "text",
    artifact_uri: "text",
    start_time: "number",
    end_time: "number",
  },
  aliases: {
    created: "start_time",
    Created: "start_time",
    "run name": "run_name",
    "Run name": "run_name",
    "Run Name": "run_name",
  },
  listAttributes: ["run_id"],
};

export const runOrderGrammar: SearchGrammar = {
  ...runGrammar,
  kinds: ["metric", "param", "tag", "attribute"],
  attributes: { ...runGrammar.attributes, experiment_id: "number" },
};

export const experimentGrammar: SearchGrammar = {
  kinds: ["tag", "attribute"],
  attributes: { name: "text", creation_time: "number", last_update_time: "number" },
  listAttributes: [],
};

export const experimentOrderGrammar: SearchGrammar = {
  kinds: ["attribute"],
  attributes: { ...experimentGrammar.attributes, experiment_id: "number" },
};

export const modelGrammar: SearchGrammar = {
  kinds: ["metric", "param", "tag", "attribute"],
  attributes: {
    name: "text",
    model_id: "text",
    model_type: "text",
    status: "text",
    source_run_id: "text",
    creation_timestamp: "number",
    creation_time: "number",
    last_updated_timestamp: "number",
    last_updated_time: "number",
  },
};
