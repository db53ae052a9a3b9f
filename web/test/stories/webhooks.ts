import type {
  ListedWebhook,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryDetail,
} from "../../src/data/webhooks.ts";
import type { StoryAnswer } from "./answer.ts";
import { day, hour, minute, nowMs } from "./time.ts";

const events = [
  "registered_model.created",
  "model_version.created",
  "model_version_tag.set",
  "model_version_tag.deleted",
  "model_version_alias.created",
  "model_version_alias.deleted",
  "prompt.created",
  "prompt_version.created",
  "run.finished",
  "release.requested",
  "release.refused",
  "release.live",
  "release.rolled_back",
  "incident.opened",
];

const webhook = (id: string, name: string, more: Partial<Webhook>): Webhook => ({
  id,
  name,
  project: "airline-care",
  description: "",
  url: "https://hooks.example.org/gyre/9f2c",
  events: ["release.live"],
  isActive: true,
  hasSecret: true,
  createdAtMs: nowMs - 30 * day,
  updatedAtMs: nowMs - 30 * day,
  actor: "usr_mira",
  ...more,
});

const shown = webhook("whk_1", "release-channel", {
  description: "The channel of everybody who is on duty, with a mention where a release was rolled back.",
  events: ["release.requested", "release.live", "release.rolled_back", "incident.opened"],
});
const others = [
  webhook("whk_2", "build-server", {
    url: "https://builds.airline.example:8443/hooks/models",
    events: ["model_version.created"],
    isActive: false,
    hasSecret: false,
  }),
  webhook("whk_3", "ticket-system", { url: "https://tickets.example.com/in", events: ["incident.opened"] }),
];
const ofAll = webhook("whk_9", "company-audit", { project: null, events });

const delivery = (at: number): WebhookDelivery => {
  const state = at === 0 ? "pending" : at % 11 === 3 ? "failed" : at % 17 === 8 ? "dropped" : "delivered";
  const status = { pending: null, failed: at === 3 ? 422 : null, dropped: null, delivered: 204 }[state];
  return {
    id: `7d1f0a2e-0000-4000-8000-${String(at).padStart(12, "0")}`,
    webhook: shown.id,
    event: shown.events[at % shown.events.length] ?? "release.live",
    state,
    attempts: state === "failed" && at !== 3 ? 14 : state === "dropped" ? 0 : 1,
    status,
    error:
      state === "failed"
        ? at === 3
          ? "The receiver answered 422."
          : "The receiver did not answer in time."
        : null,
    createdAtMs: nowMs - at * 5 * hour - minute,
    lastAttemptAtMs: state === "dropped" ? null : nowMs - at * 5 * hour,
  };
};

const deliveries = Array.from({ length: 60 }, (_, at) => delivery(at));
const failed = delivery(3);
const detail: WebhookDeliveryDetail = {
  ...failed,
  body: JSON.stringify({
    entity: "incident",
    action: "opened",
    timestamp: new Date(failed.createdAtMs).toISOString(),
    data: {
      incident_id: "inc_03",
      project: "airline-care",
      kind: "performance",
      title: "Recall fell below 0.85",
    },
  }),
  answer: JSON.stringify({ error: "the channel #on-duty was archived" }),
};

const listed = (one: Webhook, lastDelivery: WebhookDelivery | null): ListedWebhook => ({
  ...one,
  lastDelivery,
});

const base = "/api/v1/webhooks";

export const webhookAnswers: Readonly<Record<string, StoryAnswer>> = {
  [base]: (query) => ({
    webhooks:
      query.get("project") === null
        ? [listed(ofAll, delivery(5))]
        : [listed(shown, delivery(0)), ...others.map((one, at) => listed(one, at === 0 ? null : failed))],
  }),
  [`${base}/events`]: { events },
  [`${base}/${shown.id}`]: shown,
  [`${base}/${shown.id}/deliveries`]: { deliveries },
  [`${base}/${shown.id}/deliveries/${failed.id}`]: detail,
  [`${base}/whk_2`]: others[0] ?? {},
  [`${base}/whk_2/deliveries`]: { deliveries: [] },
};

const path = "/projects/airline-care/webhooks";

export const webhookPages: Readonly<Record<string, string>> = {
  webhooks: path,
  webhook: `${path}/${shown.id}`,
  "webhook-failed": `${path}/${shown.id}?state=failed`,
  "webhook-delivery": `${path}/${shown.id}?at=${failed.id}`,
  "webhook-new": `${path}/whk_2`,
};
