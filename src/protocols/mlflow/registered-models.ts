import { z } from "zod";

import { modelThing } from "#access";
import { canonicalStage } from "#registry";

import { defineCall, ofModel } from "./calls.ts";
import type { Call, Touched } from "./calls.ts";
import { nextToken, registryPageSize } from "./experiments.ts";
import type { TrackingParts } from "./experiments.ts";
import type { Owning } from "./owning.ts";
import { createModelVersionCalls } from "./model-versions.ts";
import { checkModelName } from "./model-name.ts";
import { presentModel, presentVersion } from "./present-registry.ts";
import type { RegistryForMlflow } from "./registry-for-mlflow.ts";
import { array, given, integer, invalid, keyValue, list, optionalText, text } from "./wire.ts";

const base = "/mlflow/registered-models";
const modelInput = z.object({ name: given });

export interface RegistryParts {
  readonly tracking: TrackingParts["tracking"];
  readonly registry: RegistryForMlflow;
  /** Throws unless an address outside this server may be kept as the source of a version. */
  readonly checkAddress?: ((address: string) => void) | undefined;
}

/** Registered models, their tags and aliases. */
export function createRegisteredModelCalls(
  parts: RegistryParts & { readonly owning: Owning },
): readonly Call[] {
  const { registry, owning } = parts;
  const touched = async (name: string): Promise<Touched> =>
    ofModel({ name, project: await registry.projectOfModel(name) });
  const latest = (method: "GET" | "POST"): Call =>
    defineCall({
      method,
      path: `${base}/get-latest-versions`,
      permission: "run:read",
      summary: "Gets the newest version in each stage.",
      input: modelInput.extend({ stages: list(text) }),
      async handler({ name, stages }, caller) {
        await caller.allow(await touched(name));
        const { latestVersions } = await registry.getModel(name);
        const wanted = stages.map((stage) => canonicalStage(stage));
        const chosen = latestVersions.filter(
          (version) => wanted.length === 0 || wanted.some((stage) => stage === version.stage),
        );
        return { model_versions: chosen.map(presentVersion) };
      },
    });

  return [
    defineCall({
      method: "POST",
      path: `${base}/create`,
      permission: "model:create",
      summary: "Registers a model's name.",
      input: modelInput.extend({ description: text.default(""), tags: array(keyValue) }),
      async handler({ name, description, tags }, caller) {
        checkModelName(name);
        const { project } = await touched(name);
        // What others were granted on a model of this name says nothing about who may make one.
        await caller.allow({ project });
        const actor = caller.principal.id;
        const model = await registry.createModel({ name, description, tags: toRecord(tags), actor });
        await owning.begin(modelThing(name), project, caller.principal);
        return { registered_model: presentModel(model) };
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/rename`,
      permission: "model:write",
      summary: "Renames a model.",
      input: modelInput.extend({ new_name: given }),
      async handler({ name, new_name: newName }, caller) {
        checkModelName(newName, "new_name");
        await caller.allow(await touched(name));
        const model = await registry.renameModel({ name, newName, actor: caller.principal.id });
        await owning.rename(modelThing(name), modelThing(newName));
        return { registered_model: presentModel(model) };
      },
    }),
    defineCall({
      method: "PATCH",
      path: `${base}/update`,
      permission: "model:write",
      summary: "Changes a model's description.",
      input: modelInput.extend({ description: text.default("") }),
      async handler({ name, description }, caller) {
        await caller.allow(await touched(name));
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
      permission: "model:delete",
      summary: "Deletes a model's name with its versions.",
      input: modelInput,
      async handler({ name }, caller) {
        await caller.allow(await touched(name));
        await registry.deleteModel({ name, actor: caller.principal.id });
        await owning.end(modelThing(name));
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/get`,
      permission: "run:read",
      summary: "Gets a model.",
      input: modelInput,
      async handler({ name }, caller) {
        await caller.allow(await touched(name));
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
          limit: registryPageSize(input.max_results, 1_000, "request parameter max_results"),
          pageToken: input.page_token === "" ? undefined : input.page_token,
        });
        const visible = await caller.onlyAllowed(page.items, ofModel);
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
        await caller.allow(await touched(name));
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
        await caller.allow(await touched(name));
        await registry.setModelTag({ name, key, value: undefined, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/alias`,
      permission: "model:write",
      summary: "Points an alias at a version.",
      input: modelInput.extend({ alias: given, version: integer, reason: optionalText }),
      async handler({ name, alias, version, reason }, caller) {
        checkAlias(alias);
        await caller.allow(await touched(name));
        await registry.setAlias({ name, alias, number: version, actor: caller.principal.id, reason });
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/alias`,
      permission: "model:write",
      summary: "Deletes an alias.",
      input: modelInput.extend({ alias: given, reason: optionalText }),
      async handler({ name, alias, reason }, caller) {
        checkAliasForm(alias);
        await caller.allow(await touched(name));
        await registry.setAlias({ name, alias, number: undefined, actor: caller.principal.id, reason });
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/alias`,
      permission: "run:read",
      summary: "Gets the version an alias points at; `latest` is the newest.",
      input: modelInput.extend({ alias: given }),
      async handler({ name, alias }, caller) {
        await caller.allow(await touched(name));
        return { model_version: presentVersion(await registry.findByAlias(name, alias)) };
      },
    }),
    ...createModelVersionCalls(parts),
  ];
}

export function toRecord(pairs: readonly { key: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

function checkAlias(alias: string): void {
  checkAliasForm(alias);
  if (alias.toLowerCase() === "latest") {
    throw invalid("'latest' alias name (case insensitive) is reserved.");
  }
  if (/^v\d+$/i.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`);
}

function checkAliasForm(alias: string): void {
  if (alias === "") throw invalid("Registered model alias name cannot be empty.");
  if (!/^[\w-]*$/.test(alias)) {
    throw invalid(
      `Invalid alias name: '${alias.slice(0, 80)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  }
  if (alias.length > 255) {
    throw invalid("'Registered model alias name' exceeds the maximum length of 255 characters.");
  }
}
