import type { ForeignModel, ForeignVersion } from "./registry-for-mlflow.ts";
import { toPairs } from "./wire.ts";

const states = {
  registering: "PENDING_REGISTRATION",
  ready: "READY",
  rejected: "FAILED_REGISTRATION",
} as const;

export function presentModel(model: ForeignModel): object {
  return {
    name: model.name,
    creation_timestamp: model.createdAtMs,
    last_updated_timestamp: model.updatedAtMs,
    description: model.description,
    latest_versions: model.latestVersions.map(presentVersion),
    tags: toPairs(model.tags),
    aliases: Object.entries(model.aliases).map(([alias, number]) => ({ alias, version: String(number) })),
  };
}

export function presentVersion(version: ForeignVersion): object {
  return {
    name: version.name,
    version: String(version.number),
    creation_timestamp: version.createdAtMs,
    last_updated_timestamp: version.updatedAtMs,
    user_id: version.actor,
    current_stage: version.stage,
    description: version.description,
    source: version.source,
    run_id: version.runId,
    run_link: version.runLink,
    status: states[version.state],
    ...(version.stateMessage === "" ? {} : { status_message: version.stateMessage }),
    tags: toPairs(version.tags),
    aliases: version.aliases,
    ...(version.loggedModelId === "" ? {} : { model_id: version.loggedModelId }),
  };
}
