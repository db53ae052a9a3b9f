import { z } from "zod";

import { defineCall, ofExperiment, ofModel } from "./calls.ts";
import type { Call, Caller } from "./calls.ts";
import { nextToken, registryPageSize } from "./experiments.ts";
import { checkModelName } from "./model-name.ts";
import { readModelSource } from "./model-source.ts";
import { presentVersion } from "./present-registry.ts";
import type { RegistryParts } from "./registered-models.ts";
import {
  array,
  boolean,
  given,
  integer,
  invalid,
  keyValue,
  list,
  missingParameter,
  optionalText,
  text,
} from "./wire.ts";

const base = "/mlflow/model-versions";
const versionNumber = z.unknown().transform((value) => {
  if (value === undefined || value === "") throw missingParameter("version");
  const parsed = integer.safeParse(value);
  if (!parsed.success) {
    throw invalid(`Parameter 'version' must be an integer, got '${String(value).slice(0, 80)}'.`);
  }
  return parsed.data;
});
const versionInput = z.object({ name: given, version: versionNumber });

/** Versions of registered models. */
export function createModelVersionCalls(parts: RegistryParts): readonly Call[] {
  const { tracking, registry } = parts;
  const mayTouch = async (name: string, caller: Caller): Promise<string> => {
    await caller.allow(ofModel({ name, project: await registry.projectOfModel(name) }));
    return caller.principal.id;
  };

  return [
    defineCall({
      method: "POST",
      path: `${base}/create`,
      permission: "model:write",
      summary: "Makes a version out of a run's or a logged model's files.",
      input: z.object({
        name: given,
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
        const source = await readModelSource(parts, input.source, { isPrompt, caller });
        const loggedModelId = input.model_id === "" ? undefined : input.model_id;
        const loggedModel = loggedModelId === undefined ? undefined : await mayNote(loggedModelId, caller);
        const version = await registry.createVersion({
          name: input.name,
          source: input.source,
          files: source.files,
          address: source.address,
          runId: runId ?? source.runId ?? loggedModel?.runId,
          loggedModelId,
          runLink: input.run_link,
          description: input.description,
          tags: Object.fromEntries(input.tags.map((tag) => [tag.key, tag.value])),
          actor,
        });
        if (loggedModelId !== undefined && !isPrompt) {
          await noteOnLoggedModel(loggedModelId, input.name, version.number);
        }
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
      input: versionInput.extend({
        stage: text,
        archive_existing_versions: boolean.default(false),
        reason: optionalText,
      }),
      async handler({ name, version: number, stage, reason, ...input }, caller) {
        const actor = await mayTouch(name, caller);
        const archiveExisting = input.archive_existing_versions;
        const version = await registry.setStage({ name, number, stage, archiveExisting, actor, reason });
        return { model_version: presentVersion(version) };
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/delete`,
      permission: "model:delete",
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
          limit: registryPageSize(input.max_results, 200_000, "max_results"),
          pageToken: input.page_token === "" ? undefined : input.page_token,
        });
        const visible = await caller.onlyAllowed(page.items, ofModel);
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
        checkModelName(name);
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
        checkModelName(name);
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

  async function mayNote(modelId: string, caller: Caller): Promise<{ runId: string | undefined }> {
    const { sourceRunId, ...model } = await tracking.getLoggedModel(modelId);
    await caller.allow(ofExperiment(model));
    return { runId: sourceRunId === "" ? undefined : sourceRunId };
  }

  /** Clients look at a logged model for the versions made of it. */
  async function noteOnLoggedModel(modelId: string, name: string, version: number): Promise<void> {
    const { tags } = await tracking.getLoggedModel(modelId);
    const noted = readNotes(tags[versionsTag]);
    if (noted.some((one) => one.name === name && String(one.version) === String(version))) return;
    const value = writeNotes([...noted, { name, version }]);
    await tracking.commands.setLoggedModelTags({ modelId, tags: [{ key: versionsTag, value }] });
  }
}

const versionsTag = "mlflow.modelVersions";
const notes = z.array(z.object({ name: z.string(), version: z.union([z.number(), z.string()]) }));

function readNotes(value: string | undefined): z.output<typeof notes> {
  if (value === undefined) return [];
  try {
    return notes.parse(JSON.parse(value));
  } catch {
    // A client may have written anything there: what cannot be read is begun anew.
    return [];
  }
}

/** As Python's `json.dumps` spells it: clients compare the text. */
function writeNotes(all: z.output<typeof notes>): string {
  const entries = all.map(
    ({ name, version }) => `{"name": ${JSON.stringify(name)}, "version": ${JSON.stringify(version)}}`,
  );
  return `[${entries.join(", ")}]`;
}
