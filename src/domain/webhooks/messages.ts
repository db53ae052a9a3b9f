import type { Delivery as DeliveryDoor } from "#delivery";
import type { EventKind, LedgerEventOf } from "#kernel/events";
import type { NamedModels, NamedVersion } from "#registry";

import type { WebhookEventName } from "./event-names.ts";

/** What a webhook is told: an event's name and its data. */
export interface Message {
  readonly event: WebhookEventName;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface MessageParts {
  readonly registry: Pick<NamedModels, "getModel" | "findVersion">;
  readonly delivery: Pick<DeliveryDoor, "getRelease">;
}

type ReleaseKind = Extract<EventKind, `release.${string}`> & WebhookEventName;

/** The kinds of ledger events that can become a message. */
export const toldKinds = [
  "registered_model.created",
  "registered_model.changed",
  "model_version.registered",
  "model_version.labelled",
  "model_alias.set",
  "model_alias.removed",
  "run.finished",
  "release.requested",
  "release.refused",
  "release.approved",
  "release.declined",
  "release.live",
  "release.superseded",
  "release.rolled_back",
  "incident.opened",
] as const satisfies readonly EventKind[];

export type ToldEvent = LedgerEventOf<(typeof toldKinds)[number]>;

const promptTag = "mlflow.prompt.is_prompt";
const promptTextTag = "mlflow.prompt.text";
// How clients mark a prompt is no tag of its owner.
const internalTags = [promptTag, "_mlflow_prompt_type"];

/** Says an event of the ledger in the words of webhooks; undefined when they have none for it. */
export async function messageOf(parts: MessageParts, event: ToldEvent): Promise<Message | undefined> {
  switch (event.kind) {
    case "registered_model.created":
    case "registered_model.changed":
      return await ofModel(parts, event);
    case "model_version.registered":
    case "model_version.labelled":
    case "model_alias.set":
    case "model_alias.removed":
      return await ofVersion(parts, event);
    case "run.finished": {
      const { status } = event.data;
      return { event: "run.finished", data: { run_id: event.subject, project: event.project, status } };
    }
    case "incident.opened": {
      const { kind, title, monitor, modelVersionId, releaseId } = event.data;
      const data = { incident_id: event.subject, project: event.project, kind, title, monitor };
      const about = { model_version_id: modelVersionId, release_id: releaseId };
      return { event: "incident.opened", data: { ...data, ...about } };
    }
    default:
      return await ofRelease(parts, event.kind, event.subject);
  }
}

async function ofModel(
  { registry }: MessageParts,
  event: LedgerEventOf<"registered_model.created" | "registered_model.changed">,
): Promise<Message | undefined> {
  const name = event.subject;
  const known = await registry.getModel(name).catch(() => undefined);
  const tags = known?.tags ?? {};
  const isPrompt = promptTag in tags;
  if ("model" in event.data) {
    const data = { name, description: known?.description ?? "", tags: isPrompt ? ownTags(tags) : tags };
    return { event: isPrompt ? "prompt.created" : "registered_model.created", data };
  }
  const { tag } = event.data;
  if (!isPrompt || tag === undefined) return undefined;
  return tag.value === null
    ? { event: "prompt_tag.deleted", data: { name, key: tag.key } }
    : { event: "prompt_tag.set", data: { name, ...tag } };
}

async function ofVersion(
  { registry }: MessageParts,
  event: LedgerEventOf<
    "model_version.registered" | "model_version.labelled" | "model_alias.set" | "model_alias.removed"
  >,
): Promise<Message | undefined> {
  const { data } = event;
  const known = await registry.findVersion(event.subject);
  const name = known?.name ?? data.model;
  const version = String(data.number);
  const model = await registry.getModel(name).catch(() => undefined);
  const isPrompt = promptTag in (model?.tags ?? {}) || promptTag in (known?.tags ?? {});
  if ("alias" in data) {
    const alias = data.alias;
    if (event.kind === "model_alias.removed")
      return {
        event: isPrompt ? "prompt_alias.deleted" : "model_version_alias.deleted",
        data: { name, alias },
      };
    return {
      event: isPrompt ? "prompt_alias.created" : "model_version_alias.created",
      data: { name, alias, version },
    };
  }
  if ("change" in data) {
    const { stage, tag } = data;
    if (stage !== undefined) return { event: "model_version_stage.set", data: { name, version, ...stage } };
    if (tag === undefined) return undefined;
    return tag.value === null
      ? {
          event: isPrompt ? "prompt_version_tag.deleted" : "model_version_tag.deleted",
          data: { name, version, key: tag.key },
        }
      : {
          event: isPrompt ? "prompt_version_tag.set" : "model_version_tag.set",
          data: { name, version, ...tag },
        };
  }
  return isPrompt ? ofNewPrompt(name, version, known) : ofNewVersion(name, version, known);
}

function ofNewVersion(name: string, version: string, known: NamedVersion | undefined): Message {
  return {
    event: "model_version.created",
    data: {
      name,
      version,
      source: known?.source ?? "",
      run_id: textOrNull(known?.runId),
      tags: known?.tags ?? {},
      description: textOrNull(known?.description),
    },
  };
}

function ofNewPrompt(name: string, version: string, known: NamedVersion | undefined): Message {
  const { [promptTextTag]: template, ...tags } = known?.tags ?? {};
  return {
    event: "prompt_version.created",
    data: {
      name,
      version,
      template: template ?? null,
      tags: ownTags(tags),
      description: textOrNull(known?.description),
    },
  };
}

async function ofRelease({ delivery }: MessageParts, event: ReleaseKind, id: string): Promise<Message> {
  const { project, environment, model, number, modelVersionId } = await delivery.getRelease(id);
  return {
    event,
    data: {
      release_id: id,
      project,
      environment,
      name: model,
      version: String(number),
      model_version_id: modelVersionId,
    },
  };
}

function ownTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !internalTags.includes(key)));
}

/** Where a client gave none, receivers of MLflow's expect null. */
function textOrNull(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text;
}
