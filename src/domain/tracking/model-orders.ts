import { randomBytes } from "node:crypto";

import { artifactLocationBelow } from "./artifact-location.ts";
import type { TrackingCommands } from "./commands.ts";
import { notActive } from "./experiment-orders.ts";
import type { OrderParts } from "./experiment-orders.ts";
import { nameOfRun } from "./names.ts";
import { problems } from "./problems.ts";
import type { Keys } from "./store/keys.ts";
import {
  completeModels,
  deleteModelTag,
  insertModel,
  saveModelTexts,
  updateModel,
} from "./store/logged-models.ts";
import type { StoredModel } from "./store/logged-models.ts";
import { checkLength, checkParam, invalid, limits, storable } from "./validation.ts";
import type { KeyValue } from "./validation.ts";
import { Problem } from "#kernel/errors";

export type ModelOrders = Pick<
  TrackingCommands,
  | "createLoggedModel"
  | "finishLoggedModel"
  | "deleteLoggedModel"
  | "setLoggedModelTags"
  | "deleteLoggedModelTag"
  | "logLoggedModelParams"
>;

export function createModelOrders(parts: OrderParts & { keys: Keys }): ModelOrders {
  const { db, ledger, clock, lookups, write, keys } = parts;

  const activeModel = async (modelId: string): Promise<StoredModel> => {
    const model = await lookups.model(modelId);
    if (model.state === "deleted") throw lookups.modelNotFound(modelId);
    return model;
  };

  const complete = async (modelId: string) => {
    const [completed] = await completeModels(db, keys, [await activeModel(modelId)]);
    if (completed === undefined) throw lookups.modelNotFound(modelId);
    return completed;
  };

  return {
    async createLoggedModel(order) {
      const modelId = `m-${randomBytes(16).toString("hex")}`;
      const name = checkModelName(order.name ?? nameOfRun(modelId.slice(2)));
      const params = (order.params ?? []).map((param) => checkParam(param));
      const tags = (order.tags ?? []).map((tag) => checkModelTag(tag));
      return await write(async () => {
        const experiment = await lookups.storedExperiment(order.experimentId);
        if (experiment.state !== "active") throw notActive(experiment);
        const sourceRun =
          order.sourceRunId === undefined || order.sourceRunId === "" ? null : order.sourceRunId;
        const now = clock.nowMs();
        const id = await insertModel(db, {
          model_id: modelId,
          experiment: experiment.id,
          name,
          model_type: order.modelType ?? null,
          source_run_id: sourceRun,
          status: "pending",
          state: "active",
          artifact_root: artifactLocationBelow(experiment.artifact_location, `models/${modelId}/artifacts`),
          created_at_ms: now,
          updated_at_ms: now,
        });
        await saveModelTexts(db, "logged_model_params", id, params);
        await saveModelTexts(db, "logged_model_tags", id, tags);
        await ledger.append({
          kind: "logged_model.created",
          subject: modelId,
          project: experiment.project,
          actor: order.actor,
          data: { name, run: sourceRun },
        });
        return await complete(modelId);
      });
    },
    async finishLoggedModel({ modelId, status, actor }) {
      return await write(async () => {
        const model = await activeModel(modelId);
        await updateModel(db, model.id, { status, updated_at_ms: clock.nowMs() });
        if (model.status !== status) {
          const data = { name: model.name, status };
          await ledger.append({
            kind: "logged_model.finished",
            subject: modelId,
            project: model.project,
            actor,
            data,
          });
        }
        return await complete(modelId);
      });
    },
    async deleteLoggedModel({ modelId, actor }) {
      await write(async () => {
        const model = await lookups.model(modelId);
        if (model.state === "deleted") return;
        await updateModel(db, model.id, { state: "deleted", updated_at_ms: clock.nowMs() });
        const data = { name: model.name };
        await ledger.append({
          kind: "logged_model.deleted",
          subject: modelId,
          project: model.project,
          actor,
          data,
        });
      });
    },
    async setLoggedModelTags({ modelId, tags }) {
      const checked = tags.map((tag) => checkModelTag(tag));
      return await write(async () => {
        const model = await activeModel(modelId);
        await saveModelTexts(db, "logged_model_tags", model.id, checked);
        await updateModel(db, model.id, { updated_at_ms: clock.nowMs() });
        return await complete(modelId);
      });
    },
    async deleteLoggedModelTag({ modelId, key }) {
      await write(async () => {
        const model = await activeModel(modelId);
        if (await deleteModelTag(db, model.id, key)) return;
        throw new Problem(problems.run_tag_not_found, {
          message: `No tag with key '${key}' found for model with ID '${modelId}'.`,
        });
      });
    },
    async logLoggedModelParams({ modelId, params }) {
      const checked = params.map((param) => checkParam(param));
      await write(async () => {
        const model = await activeModel(modelId);
        await saveModelTexts(db, "logged_model_params", model.id, checked);
      });
    },
  };
}

function checkModelTag(tag: KeyValue): KeyValue {
  if (tag.key === "") throw invalid("Missing value for required parameter 'key'.");
  checkLength("key", tag.key, limits.keyLength);
  // Clients keep JSON in the tags of logged models (the versions made of them), so these are long.
  checkLength("value", tag.value, 100_000);
  return { key: storable(tag.key, "key"), value: storable(tag.value, "value") };
}

function checkModelName(name: string): string {
  checkLength("name", name, limits.experimentNameLength);
  if (name !== "" && !/[/:.%"'\0]/.test(name)) return name;
  throw invalid(
    `Invalid model name ('${name.slice(0, 80)}') provided. Model name must be a non-empty string and cannot contain ` +
      `the following characters: ('/', ':', '.', '%', '"', "'")`,
  );
}
