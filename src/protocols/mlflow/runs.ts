import { z } from "zod";

import { defineCall, ofExperiment } from "./calls.ts";
import type { Call, Caller } from "./calls.ts";
import { nextToken, pageSize, statesOf } from "./experiments.ts";
import type { TrackingParts } from "./experiments.ts";
import { presentRun, presentRunInfo, readRunStatus } from "./present.ts";
import {
  array,
  double,
  given,
  integer,
  invalid,
  keyValue,
  missingParameter,
  namedValue,
  optionalText,
  text,
} from "./wire.ts";

/** Old clients say `run_uuid`, new ones `run_id`, some both. */
export const runReference = z.object({ run_id: optionalText, run_uuid: optionalText });

export function runIdOf(input: z.output<typeof runReference>): string {
  const id = [input.run_id, input.run_uuid].find((given) => given !== undefined && given !== "");
  if (id === undefined) throw missingParameter("run_id");
  return id;
}

const metric = z.object({
  key: given,
  value: double,
  timestamp: integer,
  step: integer.default(0),
  model_id: optionalText,
  dataset_name: optionalText,
  dataset_digest: optionalText,
});

const datasetInput = z.object({
  tags: array(keyValue),
  dataset: z.object({
    name: text,
    digest: text,
    source_type: text,
    source: text,
    schema: optionalText,
    profile: optionalText,
  }),
});

const modelJson = z.object({
  flavors: z.unknown(),
  run_id: optionalText,
  artifact_path: optionalText,
  utc_time_created: optionalText,
});

export function createRunCalls({ tracking, commands, clock }: TrackingParts): readonly Call[] {
  const mayTouch = async (runId: string, caller: Caller): Promise<void> => {
    await caller.allow(ofExperiment(await tracking.scopeOfRun(runId)));
  };

  const one = (
    summary: string,
    path: string,
    handler: (runId: string, actor: string) => Promise<void>,
  ): Call =>
    defineCall({
      method: "POST",
      path,
      permission: "run:delete",
      summary,
      input: runReference,
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        await handler(runId, caller.principal.id);
      },
    });

  return [
    defineCall({
      method: "POST",
      path: "/mlflow/runs/create",
      permission: "run:write",
      summary: "Starts a run.",
      input: z.object({
        experiment_id: text.default("0"),
        user_id: optionalText,
        run_name: optionalText,
        start_time: integer.optional(),
        tags: array(keyValue),
      }),
      async handler(input, caller) {
        const [experiment] = await tracking.projectsOfExperiments([input.experiment_id]);
        await caller.allow(experiment === undefined ? { project: null } : ofExperiment(experiment));
        const run = await commands.createRun({
          experimentId: input.experiment_id,
          name: input.run_name,
          tags: input.tags,
          actor: caller.principal.id,
          userName: input.user_id,
          startedAtMs:
            input.start_time === undefined || input.start_time < 0 ? clock.nowMs() : input.start_time,
        });
        return { run: presentRun(run) };
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/update",
      permission: "run:write",
      summary: "Changes status, end time or name of a run.",
      input: runReference.extend({
        status: optionalText,
        end_time: integer.optional(),
        run_name: optionalText,
      }),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        const status = input.status === undefined ? undefined : readRunStatus(input.status);
        if (input.status !== undefined && status === undefined) {
          throw invalid(
            `Invalid value ${JSON.stringify(input.status.slice(0, 80))} for parameter 'status' supplied.`,
          );
        }
        const run = await commands.updateRun({
          runId,
          status,
          endedAtMs: input.end_time,
          name: input.run_name,
          actor: caller.principal.id,
        });
        return { run_info: presentRunInfo(run) };
      },
    }),
    defineCall({
      method: "GET",
      path: "/mlflow/runs/get",
      permission: "run:read",
      summary: "Gets a run.",
      input: runReference,
      async handler(input, caller) {
        const run = await tracking.getRun(runIdOf(input));
        await caller.allow(ofExperiment(run));
        return { run: presentRun(run) };
      },
    }),
    one("Deletes a run; it can be restored.", "/mlflow/runs/delete", (runId, actor) =>
      commands.deleteRun({ runId, actor }),
    ),
    one("Restores a deleted run.", "/mlflow/runs/restore", (runId, actor) =>
      commands.restoreRun({ runId, actor }),
    ),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/search",
      permission: "run:read",
      summary: "Searches runs.",
      input: z.object({
        experiment_ids: array(text),
        filter: text.default(""),
        run_view_type: text.default("ACTIVE_ONLY"),
        max_results: integer.default(1_000),
        order_by: array(text),
        page_token: text.default(""),
      }),
      async handler(input, caller) {
        const visible = await caller.onlyAllowed(
          await tracking.projectsOfExperiments(input.experiment_ids),
          ofExperiment,
        );
        const page = await tracking.searchRuns({
          experimentIds: visible.map((experiment) => experiment.id),
          filter: input.filter,
          orderBy: input.order_by,
          states: statesOf(input.run_view_type),
          limit: pageSize(input.max_results, 50_000),
          pageToken: input.page_token === "" ? undefined : input.page_token,
        });
        return { runs: page.items.map(presentRun), ...nextToken(page.nextPageToken) };
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/log-metric",
      permission: "run:write",
      summary: "Logs one value of a metric.",
      input: runReference.extend(metric.shape),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        await commands.logBatch({ runId, metrics: [toPoint(input)], isSingle: true });
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/log-parameter",
      permission: "run:write",
      summary: "Logs a parameter.",
      input: runReference.extend(namedValue.shape),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        await commands.logBatch({ runId, params: [{ key: input.key, value: input.value }], isSingle: true });
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/set-tag",
      permission: "run:write",
      summary: "Sets a tag of a run.",
      input: runReference.extend(namedValue.shape),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        await commands.logBatch({ runId, tags: [{ key: input.key, value: input.value }], isSingle: true });
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/delete-tag",
      permission: "run:write",
      summary: "Deletes a tag of a run.",
      input: runReference.extend({ key: given }),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        await commands.deleteRunTag({ runId, key: input.key });
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/log-batch",
      permission: "run:write",
      summary: "Logs metrics, parameters and tags, all or none.",
      input: runReference.extend({
        metrics: array(metric),
        params: array(namedValue),
        tags: array(namedValue),
      }),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        const { params, tags } = input;
        await commands.logBatch({ runId, metrics: input.metrics.map(toPoint), params, tags });
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/log-inputs",
      permission: "run:write",
      summary: "Records the data and models that a run read.",
      input: runReference.extend({
        datasets: array(datasetInput),
        models: array(z.object({ model_id: text })),
      }),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        await commands.logInputs({
          runId,
          datasets: input.datasets.map(({ dataset: { source_type: sourceType, ...dataset }, tags }) => ({
            dataset: { ...dataset, sourceType },
            tags: Object.fromEntries(tags.map((tag) => [tag.key, tag.value])),
          })),
          modelIds: input.models.map((model) => model.model_id),
        });
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/outputs",
      permission: "run:write",
      summary: "Records the models that a run made.",
      input: runReference.extend({ models: array(z.object({ model_id: text, step: integer.default(0) })) }),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        const models = input.models.map((model) => ({ modelId: model.model_id, step: model.step }));
        await commands.logOutputs({ runId, models });
      },
    }),
    defineCall({
      method: "POST",
      path: "/mlflow/runs/log-model",
      permission: "run:write",
      summary: "Records a logged model the way clients before version 3 do: as a tag.",
      input: runReference.extend({ model_json: text }),
      async handler(input, caller) {
        const runId = runIdOf(input);
        await mayTouch(runId, caller);
        const models = await loggedBefore(runId);
        models.push(readModelJson(input.model_json));
        await commands.logBatch({ runId, tags: [{ key: historyTag, value: JSON.stringify(models) }] });
      },
    }),
  ];

  async function loggedBefore(runId: string): Promise<unknown[]> {
    const { tags } = await tracking.getRun(runId);
    const parsed: unknown = JSON.parse(tags[historyTag] ?? "[]");
    return Array.isArray(parsed) ? parsed : [];
  }
}

const historyTag = "mlflow.log-model.history";

function readModelJson(json: string): unknown {
  let model: unknown;
  try {
    model = JSON.parse(json);
  } catch {
    throw invalid(`Malformed model info. \n ${json.slice(0, 200)} \n is not a valid JSON.`);
  }
  if (!modelJson.safeParse(model).success) throw invalid("Model json is missing mandatory fields: flavors.");
  return model;
}

function toPoint(input: z.output<typeof metric>) {
  return {
    key: input.key,
    value: input.value,
    atMs: input.timestamp,
    step: input.step,
    modelId: input.model_id,
    datasetName: input.dataset_name,
    datasetDigest: input.dataset_digest,
  };
}
