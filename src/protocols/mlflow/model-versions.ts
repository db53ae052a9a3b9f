import { z } from "zod";

import { Problem } from "#kernel/errors";
import type { ArtifactFile, ArtifactOwner } from "#tracking";

import { defineCall } from "./calls.ts";
import type { Call, Caller } from "./calls.ts";
import { nextToken, pageSize } from "./experiments.ts";
import { findPlace, placeOfAddress, registeredPlace } from "./places.ts";
import { presentVersion } from "./present-registry.ts";
import { problems } from "./problems.ts";
import type { RegistryParts } from "./registered-models.ts";
import { array, boolean, integer, keyValue, list, optionalText, text } from "./wire.ts";

const base = "/mlflow/model-versions";
const versionInput = z.object({ name: text, version: integer });

/** Versions of registered models. */
export function createModelVersionCalls({ tracking, registry }: RegistryParts): readonly Call[] {
  const mayTouch = async (name: string, caller: Caller): Promise<string> => {
    await caller.allow(await registry.projectOfModel(name));
    return caller.principal.id;
  };

  return [
    defineCall({
      method: "POST",
      path: `${base}/create`,
      permission: "model:write",
      summary: "Makes a version out of a run's or a logged model's files.",
      input: z.object({
        name: text,
        source: text,
        run_id: optionalText,
        run_link: text.default(""),
        description: text.default(""),
        model_id: optionalText,
        tags: array(keyValue),
      }),
      async handler(input, caller) {
        const actor = await mayTouch(input.name, caller);
        const runId = input.run_id === "" ? undefined : input.run_id;
        const isPrompt = input.tags.some(
          (tag) => tag.key === "mlflow.prompt.is_prompt" && tag.value === "true",
        );
        // A prompt is all tags: the one source its clients send for it means that there are no files.
        const files = isPrompt && input.source === "dummy-source" ? [] : await filesOf(input.source, caller);
        const version = await registry.createVersion({
          name: input.name,
          source: input.source,
          files,
          runId,
          loggedModelId: input.model_id === "" ? undefined : input.model_id,
          runLink: input.run_link,
          description: input.description,
          tags: Object.fromEntries(input.tags.map((tag) => [tag.key, tag.value])),
          actor,
        });
        return { model_version: presentVersion(version) };
      },
    }),
    defineCall({
      method: "PATCH",
      path: `${base}/update`,
      permission: "model:write",
      summary: "Changes a version's description.",
      input: versionInput.extend({ description: text.default("") }),
      async handler({ name, version: number, description }, caller) {
        const actor = await mayTouch(name, caller);
        return {
          model_version: presentVersion(await registry.describeVersion({ name, number, description, actor })),
        };
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/transition-stage`,
      permission: "model:write",
      summary: "Sets a version's stage, a label only: releases are made elsewhere.",
      input: versionInput.extend({ stage: text, archive_existing_versions: boolean.default(false) }),
      async handler({ name, version: number, stage, archive_existing_versions: archiveExisting }, caller) {
        const actor = await mayTouch(name, caller);
        const version = await registry.setStage({ name, number, stage, archiveExisting, actor });
        return { model_version: presentVersion(version) };
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/delete`,
      permission: "model:write",
      summary: "Deletes a version.",
      input: versionInput,
      async handler({ name, version: number }, caller) {
        await registry.deleteVersion({ name, number, actor: await mayTouch(name, caller) });
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/get`,
      permission: "run:read",
      summary: "Gets a version.",
      input: versionInput,
      async handler({ name, version }, caller) {
        await mayTouch(name, caller);
        return { model_version: presentVersion(await registry.getVersion(name, version)) };
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/search`,
      permission: "run:read",
      summary: "Searches versions.",
      input: z.object({
        filter: text.default(""),
        max_results: integer.default(10_000),
        order_by: list(text),
        page_token: text.default(""),
      }),
      async handler(input, caller) {
        const page = await registry.searchVersions({
          filter: input.filter,
          orderBy: input.order_by,
          limit: pageSize(input.max_results, 200_000),
          pageToken: input.page_token === "" ? undefined : input.page_token,
        });
        const visible = await caller.onlyAllowed(page.items);
        return { model_versions: visible.map(presentVersion), ...nextToken(page.nextPageToken) };
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/get-download-uri`,
      permission: "run:read",
      summary: "Says where the files of a version can be downloaded.",
      input: versionInput,
      async handler({ name, version }, caller) {
        await mayTouch(name, caller);
        return { artifact_uri: (await registry.getVersion(name, version)).downloadAddress };
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/set-tag`,
      permission: "model:write",
      summary: "Sets a tag of a version.",
      input: versionInput.extend(keyValue.shape),
      async handler({ name, version: number, key, value }, caller) {
        await registry.setVersionTag({ name, number, key, value, actor: await mayTouch(name, caller) });
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/delete-tag`,
      permission: "model:write",
      summary: "Deletes a tag of a version.",
      input: versionInput.extend({ key: text }),
      async handler({ name, version: number, key }, caller) {
        await registry.setVersionTag({
          name,
          number,
          key,
          value: undefined,
          actor: await mayTouch(name, caller),
        });
      },
    }),
  ];

  /** The files a source names, which must be this server's own; the caller must be allowed to see them. */
  async function filesOf(source: string, caller: Caller): Promise<readonly ArtifactFile[]> {
    const copied = /^models:\/([^/@]+)\/(\d{1,15})$/.exec(source);
    if (copied?.[1] !== undefined && copied[2] !== undefined) {
      return await copy(await registry.filesOfVersion(copied[1], Number(copied[2])), "", caller);
    }
    const address = placeOfAddress(source);
    const inVersion = address === undefined ? undefined : registeredPlace(address);
    if (inVersion !== undefined) {
      return await copy(await registry.filesOf(inVersion.versionId), inVersion.path, caller);
    }
    const { owner, path, project } = await placeOfSource(source);
    return await copy({ project, files: await tracking.artifactTree(owner) }, path, caller);
  }

  async function copy(
    from: { readonly project: string | null; readonly files: readonly ArtifactFile[] },
    folder: string,
    caller: Caller,
  ): Promise<readonly ArtifactFile[]> {
    await caller.allow(from.project);
    const prefix = folder === "" ? "" : `${folder}/`;
    const files = from.files.filter((file) => file.path.startsWith(prefix));
    return files.map((file) => ({ ...file, path: file.path.slice(prefix.length) }));
  }

  async function placeOfSource(
    source: string,
  ): Promise<{ owner: ArtifactOwner; path: string; project: string | null }> {
    const loggedModel = /^models:\/(m-[\w-]{1,255})$/.exec(source)?.[1];
    if (loggedModel !== undefined) {
      const { project } = await tracking.getLoggedModel(loggedModel);
      return { owner: { model: loggedModel }, path: "", project };
    }
    const name = placeOfAddress(source);
    if (name !== undefined) return await findPlace(tracking, name);
    throw new Problem(problems.mlflow_model_source_refused, {
      message:
        `Invalid model version source: '${source.slice(0, 200)}'. To use a local path as a model version source, or a ` +
        `foreign address, log the model to a run of this server first.`,
    });
  }
}
