const model = { name: "example_model" };
const version = { ...model, version: "1" };
const prompt = { name: "example_prompt" };
const promptVersion = { ...prompt, version: "1" };
const tag = { key: "example_key", value: "example_value" };
const tags = { [tag.key]: tag.value };
const alias = "example_alias";

/**
 * Everything a webhook can be told, as `entity.action`, each with an example of its data. The first part
 * is what MLflow's clients know, in their words and with the values they test receivers with.
 */
const examples = {
  "registered_model.created": { ...model, tags, description: "An example registered model" },
  "model_version.created": {
    ...version,
    source: "models:/123",
    run_id: "abcd1234abcd5678",
    tags,
    description: "An example model version",
  },
  "model_version_tag.set": { ...version, ...tag },
  "model_version_tag.deleted": { ...version, key: tag.key },
  "model_version_alias.created": { ...version, alias },
  "model_version_alias.deleted": { ...model, alias },
  "prompt.created": { ...prompt, tags, description: "An example prompt" },
  "prompt_version.created": {
    ...promptVersion,
    template: "Hello {{name}}!",
    tags,
    description: "An example prompt version",
  },
  "prompt_tag.set": { ...prompt, ...tag },
  "prompt_tag.deleted": { ...prompt, key: tag.key },
  "prompt_version_tag.set": { ...promptVersion, ...tag },
  "prompt_version_tag.deleted": { ...promptVersion, key: tag.key },
  "prompt_alias.created": { ...promptVersion, alias },
  "prompt_alias.deleted": { ...prompt, alias },

  "model_version_stage.set": { name: "care-urgency", version: "1", from: "None", to: "Staging" },
  "run.finished": { run_id: "0123456789abcdef0123456789abcdef", project: "care", status: "finished" },
  ...forReleases({
    release_id: "rel_0123456789abcdefghjk",
    project: "care",
    environment: "production",
    name: "care",
    version: "2",
    model_version_id: "mv_0123456789abcdefghjk",
  }),
  "incident.opened": {
    incident_id: "inc_0123456789abcdefghjk",
    project: "care",
    kind: "performance",
    title: "Recall fell below 0.85",
    monitor: "recall",
    model_version_id: "mv_0123456789abcdefghjk",
    release_id: "rel_0123456789abcdefghjk",
  },
} satisfies Record<string, Readonly<Record<string, unknown>>>;

export type WebhookEventName = keyof typeof examples;

export function isWebhookEventName(text: string): text is WebhookEventName {
  return Object.hasOwn(examples, text);
}

export const webhookEventNames: readonly WebhookEventName[] =
  Object.keys(examples).filter(isWebhookEventName);

/** What a test of a webhook sends. */
export function exampleOf(event: WebhookEventName): Readonly<Record<string, unknown>> {
  return examples[event];
}

function forReleases<Example>(example: Example) {
  return {
    "release.requested": example,
    "release.refused": example,
    "release.approved": example,
    "release.declined": example,
    "release.live": example,
    "release.superseded": example,
    "release.rolled_back": example,
  };
}
