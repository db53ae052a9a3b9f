import { z } from "zod";

import type { DatasetRecord, EvaluationDataset, EvaluationDatasets } from "#evaluation-datasets";
import { parseRecords } from "#evaluation-datasets";
import { writeExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";
import { Problem } from "#kernel/errors";
import type { Tracking } from "#tracking";

import { defineCall, ofExperiment } from "./calls.ts";
import type { Call, Caller, Touched } from "./calls.ts";
import { nextToken, pageSize } from "./experiments.ts";
import { array, integer, invalid, list, text } from "./wire.ts";

interface Parts {
  readonly tracking: Tracking;
  readonly datasets: EvaluationDatasets;
}

const base = "/mlflow/datasets";
const one = z.object({ dataset_id: text });
const mostPerPage = 50_000;
const mostRecordsPerPage = 1_000;

/** Evaluation data sets. Whoever may read in one project of a set may read it; changing it asks in each. */
export function createEvaluationDatasetCalls(parts: Parts): readonly Call[] {
  const { tracking, datasets } = parts;
  const { commands } = datasets;

  const mayRead = async (dataset: EvaluationDataset, caller: Caller): Promise<void> => {
    const [visible] = await visibleDatasets(tracking, [dataset], caller);
    if (visible !== undefined) return;
    const [first = { project: null }] = await placesOf(tracking, dataset);
    await caller.allow(first);
  };
  const readable = async (id: string, caller: Caller): Promise<EvaluationDataset> => {
    const dataset = await datasets.getDataset(id);
    await mayRead(dataset, caller);
    return dataset;
  };
  const mayChange = async (id: string, caller: Caller): Promise<{ id: string; actor: string }> => {
    for (const place of await placesOf(tracking, await datasets.getDataset(id))) await caller.allow(place);
    return { id, actor: caller.principal.id };
  };
  const mayUse = async (experimentIds: readonly string[], caller: Caller): Promise<void> => {
    for (const id of experimentIds) await caller.allow(ofExperiment(await tracking.getExperiment(id)));
  };

  const searching = (method: "GET" | "POST"): Call =>
    defineCall({
      version: "3.0",
      method,
      path: `${base}/search`,
      permission: "run:read",
      summary: "Searches evaluation data sets.",
      input: z.object({
        experiment_ids: list(text),
        filter_string: text.default(""),
        max_results: integer.default(1_000),
        order_by: list(text),
        page_token: text.default(""),
      }),
      async handler(input, caller) {
        const page = await datasets.searchDatasets({
          experimentIds: input.experiment_ids.length === 0 ? undefined : input.experiment_ids,
          filter: input.filter_string,
          orderBy: input.order_by,
          limit: pageSize(input.max_results, mostPerPage),
          pageToken: input.page_token === "" ? undefined : input.page_token,
        });
        const visible = await visibleDatasets(tracking, page.items, caller);
        return { datasets: visible.map(presentDataset), ...nextToken(page.nextPageToken) };
      },
    });

  return [
    defineCall({
      version: "3.0",
      method: "POST",
      path: `${base}/create`,
      permission: "run:write",
      summary: "Creates an evaluation data set.",
      input: z.object({ name: text, experiment_ids: array(text), tags: text.default("") }),
      async handler({ name, experiment_ids: experimentIds, tags }, caller) {
        if (experimentIds.length === 0) await caller.allow({ project: null });
        await mayUse(experimentIds, caller);
        const actor = caller.principal.id;
        const made = await commands.createDataset({ name, experimentIds, tags: readTags(tags), actor });
        return { dataset: { ...presentDataset(made), experiment_ids: made.experimentIds } };
      },
    }),
    searching("POST"),
    searching("GET"),
    defineCall({
      version: "3.0",
      method: "GET",
      path: `${base}/:dataset_id`,
      permission: "run:read",
      summary: "Gets an evaluation data set, its records apart.",
      input: one,
      handler: async ({ dataset_id: id }, caller) => ({
        dataset: presentDataset(await readable(id, caller)),
      }),
    }),
    defineCall({
      version: "3.0",
      method: "DELETE",
      path: `${base}/:dataset_id`,
      permission: "run:write",
      summary: "Deletes an evaluation data set with its records; nothing happens when there is none.",
      input: one,
      async handler({ dataset_id: id }, caller) {
        const order = await ignoreAbsent(() => mayChange(id, caller));
        if (order === undefined) return await caller.onlyAllowed([], ofExperiment).then(() => undefined);
        return await commands.deleteDataset(order);
      },
    }),
    defineCall({
      version: "3.0",
      method: "PATCH",
      path: `${base}/:dataset_id/tags`,
      permission: "run:write",
      summary: "Sets tags of an evaluation data set.",
      input: one.extend({ tags: text }),
      async handler({ dataset_id: id, tags }, caller) {
        await commands.setTags({ ...(await mayChange(id, caller)), tags: readTags(tags) });
      },
    }),
    defineCall({
      version: "3.0",
      method: "DELETE",
      path: `${base}/:dataset_id/tags/:key`,
      permission: "run:write",
      summary: "Deletes a tag of an evaluation data set; nothing happens when there is none.",
      input: one.extend({ key: text }),
      async handler({ dataset_id: id, key }, caller) {
        await commands.deleteTag({ ...(await mayChange(id, caller)), key });
      },
    }),
    defineCall({
      version: "3.0",
      method: "POST",
      path: `${base}/:dataset_id/records`,
      permission: "run:write",
      summary: "Adds records; one with the inputs of a record that is there changes that one.",
      input: one.extend({ records: text }),
      async handler({ dataset_id: id, records }, caller) {
        const order = await mayChange(id, caller);
        const { inserted, updated } = await commands.upsertRecords({
          ...order,
          records: parseRecords(records),
        });
        return { inserted_count: inserted, updated_count: updated };
      },
    }),
    defineCall({
      version: "3.0",
      method: "GET",
      path: `${base}/:dataset_id/records`,
      permission: "run:read",
      summary: "Lists records in the order in which they came.",
      input: one.extend({ max_results: integer.default(mostRecordsPerPage), page_token: text.default("") }),
      async handler({ dataset_id: id, max_results: wanted, page_token: token }, caller) {
        await readable(id, caller);
        const limit = Math.min(pageSize(wanted, mostPerPage), mostRecordsPerPage);
        const page = await datasets.records(id, { limit, pageToken: token === "" ? undefined : token });
        return {
          records: writeExactJson(page.items.map(presentRecord)),
          ...nextToken(page.nextPageToken),
        };
      },
    }),
    defineCall({
      version: "3.0",
      method: "DELETE",
      path: `${base}/:dataset_id/records`,
      permission: "run:write",
      summary: "Deletes records.",
      input: one.extend({ dataset_record_ids: array(text) }),
      async handler({ dataset_id: id, dataset_record_ids: recordIds }, caller) {
        const order = await mayChange(id, caller);
        return { deleted_count: await commands.deleteRecords({ ...order, recordIds }) };
      },
    }),
    defineCall({
      version: "3.0",
      method: "GET",
      path: `${base}/:dataset_id/experiment-ids`,
      permission: "run:read",
      summary: "Lists the experiments of an evaluation data set.",
      input: one,
      async handler({ dataset_id: id }, caller) {
        const dataset = await ignoreAbsent(() => readable(id, caller));
        if (dataset === undefined) await caller.onlyAllowed([], ofExperiment);
        return { experiment_ids: dataset?.experimentIds ?? [] };
      },
    }),
    defineCall({
      version: "3.0",
      method: "POST",
      path: `${base}/:dataset_id/add-experiments`,
      permission: "run:write",
      summary: "Adds an evaluation data set to experiments.",
      input: one.extend({ experiment_ids: array(text) }),
      async handler({ dataset_id: id, experiment_ids: experimentIds }, caller) {
        const order = await mayChange(id, caller);
        await mayUse(experimentIds, caller);
        return { dataset: presentDataset(await commands.addExperiments({ ...order, experimentIds })) };
      },
    }),
    defineCall({
      version: "3.0",
      method: "POST",
      path: `${base}/:dataset_id/remove-experiments`,
      permission: "run:write",
      summary: "Removes an evaluation data set from experiments.",
      input: one.extend({ experiment_ids: array(text) }),
      async handler({ dataset_id: id, experiment_ids: experimentIds }, caller) {
        const order = await mayChange(id, caller);
        return { dataset: presentDataset(await commands.removeExperiments({ ...order, experimentIds })) };
      },
    }),
  ];
}

/** A set is where its experiments are. */
async function placesOf(
  tracking: Tracking,
  { experimentIds, projects }: EvaluationDataset,
): Promise<readonly Touched[]> {
  const experiments = await tracking.projectsOfExperiments(experimentIds);
  return experiments.length > 0 ? experiments.map(ofExperiment) : projects.map((project) => ({ project }));
}

async function visibleDatasets(
  tracking: Tracking,
  datasets: readonly EvaluationDataset[],
  caller: Caller,
): Promise<EvaluationDataset[]> {
  const places = await Promise.all(
    datasets.map(async (dataset) =>
      (await placesOf(tracking, dataset)).map((place) => ({ ...place, id: dataset.id })),
    ),
  );
  const visible = new Set((await caller.onlyAllowed(places.flat(), (place) => place)).map(({ id }) => id));
  return datasets.filter((dataset) => visible.has(dataset.id));
}

/** Where clients take absence for success. */
async function ignoreAbsent<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Problem && error.code === "evaluation_dataset_not_found") return undefined;
    throw error;
  }
}

const tagMap = z.record(text, z.unknown());

/** Tags travel as the text of a JSON object; null is no value. */
function readTags(json: string): Record<string, string> {
  if (json === "") return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw invalid("Invalid value for parameter 'tags' supplied: it is not JSON.");
  }
  const tags = tagMap.safeParse(parsed);
  if (!tags.success) throw invalid("Invalid value for parameter 'tags' supplied: it must be a JSON object.");
  const entries = Object.entries(tags.data).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** Clients fetch the experiments on their own, when they are asked for. */
function presentDataset(dataset: EvaluationDataset): object {
  return {
    dataset_id: dataset.id,
    name: dataset.name,
    tags: JSON.stringify(dataset.tags),
    ...(dataset.schema === null ? {} : { schema: dataset.schema }),
    ...(dataset.profile === null ? {} : { profile: dataset.profile }),
    digest: dataset.digest,
    created_time: dataset.createdAtMs,
    last_update_time: dataset.updatedAtMs,
    ...(dataset.createdBy === null ? {} : { created_by: dataset.createdBy }),
    ...(dataset.updatedBy === null ? {} : { last_updated_by: dataset.updatedBy }),
  };
}

function presentRecord(record: DatasetRecord): ExactJson {
  return {
    dataset_record_id: record.id,
    dataset_id: record.datasetId,
    inputs: record.inputs,
    outputs: record.outputs,
    expectations: record.expectations,
    tags: record.tags,
    source: record.source,
    source_id: record.sourceId,
    source_type: record.sourceType,
    created_time: BigInt(record.createdAtMs),
    last_update_time: BigInt(record.updatedAtMs),
    created_by: record.createdBy,
    last_updated_by: record.updatedBy,
  };
}
