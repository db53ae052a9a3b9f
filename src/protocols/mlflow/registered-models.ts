import { z } from "zod";

import { defineCall } from "./calls.ts";
import type { Call } from "./calls.ts";
import { nextToken, pageSize } from "./experiments.ts";
import type { TrackingParts } from "./experiments.ts";
import { createModelVersionCalls } from "./model-versions.ts";
import { presentModel, presentVersion } from "./present-registry.ts";
import type { RegistryForMlflow } from "./registry-for-mlflow.ts";
import { array, integer, invalid, keyValue, list, text } from "./wire.ts";

const base = "/mlflow/registered-models";
const modelInput = z.object({ name: text });

export interface RegistryParts {
  readonly tracking: TrackingParts["tracking"];
  readonly registry: RegistryForMlflow;
}

/** Registered models, their tags and aliases. */
export function createRegisteredModelCalls(parts: RegistryParts): readonly Call[] {
  const { registry } = parts;
  const latest = (method: "GET" | "POST"): Call =>
    defineCall({
      method,
      path: `${base}/get-latest-versions`,
      permission: "run:read",
      summary: "Gets the newest version in each stage.",
      input: modelInput.extend({ stages: list(text) }),
      async handler({ name, stages }, caller) {
        await caller.allow(await registry.projectOfModel(name));
        const wanted = stages.map((stage) => stage.toLowerCase());
        const { latestVersions } = await registry.getModel(name);
        const chosen = latestVersions.filter(
          (version) => wanted.length === 0 || wanted.includes(version.stage.toLowerCase()),
        );
        return { model_versions: chosen.map(presentVersion) };
      },
    });

  return [
    defineCall({
      method: "POST",
      path: `${base}/create`,
      permission: "model:write",
      summary: "Registers a model's name.",
      input: modelInput.extend({ description: text.default(""), tags: array(keyValue) }),
      async handler({ name, description, tags }, caller) {
        checkModelName(name);
        await caller.allow(await registry.projectOfModel(name));
        const actor = caller.principal.id;
        return {
          registered_model: presentModel(
            await registry.createModel({ name, description, tags: toRecord(tags), actor }),
          ),
        };
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/rename`,
      permission: "model:write",
      summary: "Renames a model.",
      input: modelInput.extend({ new_name: text }),
      async handler({ name, new_name: newName }, caller) {
        checkModelName(newName);
        await caller.allow(await registry.projectOfModel(name));
        return {
          registered_model: presentModel(
            await registry.renameModel({ name, newName, actor: caller.principal.id }),
          ),
        };
      },
    }),
    defineCall({
      method: "PATCH",
      path: `${base}/update`,
      permission: "model:write",
      summary: "Changes a model's description.",
      input: modelInput.extend({ description: text.default("") }),
      async handler({ name, description }, caller) {
        await caller.allow(await registry.projectOfModel(name));
        return {
          registered_model: presentModel(
            await registry.describeModel({ name, description, actor: caller.principal.id }),
          ),
        };
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/delete`,
      permission: "model:write",
      summary: "Deletes a model's name with its versions.",
      input: modelInput,
      async handler({ name }, caller) {
        await caller.allow(await registry.projectOfModel(name));
        await registry.deleteModel({ name, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/get`,
      permission: "run:read",
      summary: "Gets a model.",
      input: modelInput,
      async handler({ name }, caller) {
        await caller.allow(await registry.projectOfModel(name));
        return { registered_model: presentModel(await registry.getModel(name)) };
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/search`,
      permission: "run:read",
      summary: "Searches models.",
      input: z.object({
        filter: text.default(""),
        max_results: integer.default(100),
        order_by: list(text),
        page_token: text.default(""),
      }),
      async handler(input, caller) {
        const page = await registry.searchModels({
          filter: input.filter,
          orderBy: input.order_by,
          limit: pageSize(input.max_results, 1_000),
          pageToken: input.page_token === "" ? undefined : input.page_token,
        });
        const visible = await caller.onlyAllowed(page.items);
        return { registered_models: visible.map(presentModel), ...nextToken(page.nextPageToken) };
      },
    }),
    latest("POST"),
    latest("GET"),
    defineCall({
      method: "POST",
      path: `${base}/set-tag`,
      permission: "model:write",
      summary: "Sets a tag of a model.",
      input: modelInput.extend(keyValue.shape),
      async handler({ name, key, value }, caller) {
        await caller.allow(await registry.projectOfModel(name));
        await registry.setModelTag({ name, key, value, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/delete-tag`,
      permission: "model:write",
      summary: "Deletes a tag of a model.",
      input: modelInput.extend({ key: text }),
      async handler({ name, key }, caller) {
        await caller.allow(await registry.projectOfModel(name));
        await registry.setModelTag({ name, key, value: undefined, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/alias`,
      permission: "model:write",
      summary: "Points an alias at a version.",
      input: modelInput.extend({ alias: text, version: integer }),
      async handler({ name, alias, version }, caller) {
        checkAlias(alias);
        await caller.allow(await registry.projectOfModel(name));
        await registry.setAlias({ name, alias, number: version, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/alias`,
      permission: "model:write",
      summary: "Deletes an alias.",
      input: modelInput.extend({ alias: text }),
      async handler({ name, alias }, caller) {
        await caller.allow(await registry.projectOfModel(name));
        await registry.setAlias({ name, alias, number: undefined, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/alias`,
      permission: "run:read",
      summary: "Gets the version an alias points at; `latest` is the newest.",
      input: modelInput.extend({ alias: text }),
      async handler({ name, alias }, caller) {
        await caller.allow(await registry.projectOfModel(name));
        return { model_version: presentVersion(await registry.findByAlias(name, alias)) };
      },
    }),
    ...createModelVersionCalls(parts),
  ];
}

export function toRecord(pairs: readonly { key: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

function checkModelName(name: string): void {
  if (name === "")
    throw invalid(
      "Missing value for required parameter 'name'. See the API docs for more information about request parameters.",
    );
  if (!/[/:]/.test(name) && !name.includes("\0") && name.length <= 256) return;
  throw invalid(
    `Invalid model name '${name.slice(0, 80)}'. Names cannot contain '/' or ':', or be longer than 256 characters.`,
  );
}

function checkAlias(alias: string): void {
  if (!/^[\w-]{1,255}$/.test(alias)) {
    throw invalid(
      `Invalid alias name: '${alias.slice(0, 80)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  }
  if (alias.toLowerCase() === "latest" || /^v\d+$/i.test(alias)) {
    throw invalid(`'${alias}' alias name (case insensitive) is reserved: it already means a version.`);
  }
}
