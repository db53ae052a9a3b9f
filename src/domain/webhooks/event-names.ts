/**
 * Everything a webhook can be told, as `entity.action`, each with an example of its data. The first part
 * is what MLflow's clients know, in their words.
 */
const examples = {
  "registered_model.created": {
    name: "care-urgency",
    tags: { team: "care" },
    description: "Which messages come first",
  },
  "model_version.created": {
    name: "care-urgency",
    version: "1",
    source: "models:/m-0123456789abcdef0123456789abcdef",
    run_id: "0123456789abcdef0123456789abcdef",
    tags: { checked: "yes" },
    description: "The first version",
  },
  "model_version_tag.set": { name: "care-urgency", version: "1", key: "checked", value: "yes" },
  "model_version_tag.deleted": { name: "care-urgency", version: "1", key: "checked" },
  "model_version_alias.created": { name: "care-urgency", alias: "champion", version: "1" },
  "model_version_alias.deleted": { name: "care-urgency", alias: "champion" },
  "prompt.created": { name: "greeting", tags: { team: "care" }, description: "How letters begin" },
  "prompt_version.created": {
    name: "greeting",
    version: "1",
    template: "Dear {{name}}",
    tags: { checked: "yes" },
    description: "The first version",
  },
  "prompt_tag.set": { name: "greeting", key: "team", value: "care" },
  "prompt_tag.deleted": { name: "greeting", key: "team" },
  "prompt_version_tag.set": { name: "greeting", version: "1", key: "checked", value: "yes" },
  "prompt_version_tag.deleted": { name: "greeting", version: "1", key: "checked" },
  "prompt_alias.created": { name: "greeting", alias: "live", version: "1" },
  "prompt_alias.deleted": { name: "greeting", alias: "live" },

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
