import { z } from "zod";

import type { MeasuredOn } from "#tracking";

import { defineCall, ofExperiment } from "./calls.ts";
import type { Call, Caller } from "./calls.ts";
import { nextToken, pageSize } from "./experiments.ts";
import type { TrackingParts } from "./experiments.ts";
import { presentEntry, presentLoggedModel, readLoggedModelStatus } from "./present.ts";
import { array, boolean, integer, invalid, keyValue, missingParameter, optionalText, text } from "./wire.ts";

const base = "/mlflow/logged-models";
const modelInput = z.object({ model_id: text });
const measuredOn = { dataset_name: optionalText, dataset_digest: optionalText };

/** Models as clients log them, tied to the run that made them. */
export function createLoggedModelCalls({ tracking, commands }: TrackingParts): readonly Call[] {
  const mayTouch = async (modelId: string, caller: Caller): Promise<void> => {
    await caller.allow(ofExperiment(await tracking.getLoggedModel(modelId)));
  };

  return [
    defineCall({
      method: "POST",
      path: base,
      permission: "run:write",
      summary: "Begins a logged model; its files follow.",
      input: z.object({
        experiment_id: text,
        name: optionalText,
        model_type: optionalText,
        source_run_id: optionalText,
        params: array(keyValue),
        tags: array(keyValue),
      }),
      async handler(input, caller) {
        await caller.allow(ofExperiment(await tracking.getExperiment(input.experiment_id)));
        const model = await commands.createLoggedModel({
          experimentId: input.experiment_id,
          name: input.name,
          modelType: input.model_type,
          sourceRunId: input.source_run_id,
          params: input.params,
          tags: input.tags,
          actor: caller.principal.id,
        });
        return { model: presentLoggedModel(model) };
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/search`,
      permission: "run:read",
      summary: "Searches logged models.",
      input: z.object({
        experiment_ids: array(text),
        filter: text.default(""),
        datasets: array(z.object(measuredOn)),
        max_results: integer.default(50),
        order_by: array(z.object({ field_name: text, ascending: boolean.default(true), ...measuredOn })),
        page_token: text.default(""),
      }),
      async handler(input, caller) {
        if (input.datasets.some((data) => data.dataset_name === undefined || data.dataset_name === "")) {
          throw missingParameter("datasets[0].dataset_name");
        }
        const visible = await caller.onlyAllowed(
          await tracking.projectsOfExperiments(input.experiment_ids),
          ofExperiment,
        );
        const page = await tracking.searchLoggedModels({
          experimentIds: visible.map((experiment) => experiment.id),
          filter: input.filter,
          measuredOn: input.datasets.map(toMeasuredOn),
          orderBy: input.order_by.map((order) => ({
            field: order.field_name,
            ascending: order.ascending,
            ...toMeasuredOn(order),
          })),
          limit: pageSize(input.max_results, 100),
          pageToken: input.page_token === "" ? undefined : input.page_token,
        });
        return { models: page.items.map(presentLoggedModel), ...nextToken(page.nextPageToken) };
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/:model_id`,
      permission: "run:read",
      summary: "Gets a logged model.",
      input: modelInput.extend({ allow_deleted: boolean.default(false) }),
      async handler(input, caller) {
        const model = await tracking.getLoggedModel(input.model_id, { allowDeleted: input.allow_deleted });
        await caller.allow(ofExperiment(model));
        return { model: presentLoggedModel(model) };
      },
    }),
    defineCall({
      method: "PATCH",
      path: `${base}/:model_id`,
      permission: "run:write",
      summary: "Says that the files of a logged model are complete, or failed.",
      input: modelInput.extend({ status: z.union([text, z.number().transform(String)]) }),
      async handler(input, caller) {
        const status = readLoggedModelStatus(input.status);
        await mayTouch(input.model_id, caller);
        if (status === undefined)
          throw invalid(
            `Invalid value ${JSON.stringify(input.status.slice(0, 80))} for parameter 'status' supplied.`,
          );
        const model = await commands.finishLoggedModel({
          modelId: input.model_id,
          status,
          actor: caller.principal.id,
        });
        return { model: presentLoggedModel(model) };
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/:model_id`,
      permission: "run:delete",
      summary: "Deletes a logged model.",
      input: modelInput,
      async handler({ model_id: modelId }, caller) {
        await mayTouch(modelId, caller);
        await commands.deleteLoggedModel({ modelId, actor: caller.principal.id });
      },
    }),
    defineCall({
      method: "PATCH",
      path: `${base}/:model_id/tags`,
      permission: "run:write",
      summary: "Sets tags of a logged model.",
      input: modelInput.extend({ tags: array(keyValue) }),
      async handler({ model_id: modelId, tags }, caller) {
        await mayTouch(modelId, caller);
        return { model: presentLoggedModel(await commands.setLoggedModelTags({ modelId, tags })) };
      },
    }),
    defineCall({
      method: "DELETE",
      path: `${base}/:model_id/tags/:tag_key`,
      permission: "run:write",
      summary: "Deletes a tag of a logged model.",
      input: modelInput.extend({ tag_key: text }),
      async handler({ model_id: modelId, tag_key: key }, caller) {
        await mayTouch(modelId, caller);
        await commands.deleteLoggedModelTag({ modelId, key });
      },
    }),
    defineCall({
      method: "POST",
      path: `${base}/:model_id/params`,
      permission: "run:write",
      summary: "Adds parameters to a logged model.",
      input: modelInput.extend({ params: array(keyValue) }),
      async handler({ model_id: modelId, params }, caller) {
        await mayTouch(modelId, caller);
        await commands.logLoggedModelParams({ modelId, params });
      },
    }),
    defineCall({
      method: "GET",
      path: `${base}/:model_id/artifacts/directories`,
      permission: "run:read",
      summary: "Lists one folder of a logged model's files.",
      input: modelInput.extend({ artifact_directory_path: text.default("") }),
      async handler({ model_id: modelId, artifact_directory_path: folder }, caller) {
        const model = await tracking.getLoggedModel(modelId);
        await caller.allow(ofExperiment(model));
        const entries = await tracking.listArtifacts({ model: modelId }, folder);
        return { root_uri: model.artifactRoot, files: entries.map((entry) => presentEntry(entry)) };
      },
    }),
  ];
}

function toMeasuredOn(data: {
  dataset_name?: string | undefined;
  dataset_digest?: string | undefined;
}): MeasuredOn {
  return { datasetName: data.dataset_name, datasetDigest: data.dataset_digest };
}
