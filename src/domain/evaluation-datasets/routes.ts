import { z } from "zod";

import { experimentThing } from "#access";
import { Problem } from "#kernel/errors";
import { toPlainJson } from "#kernel/exact-json";
import { defineRoute } from "#kernel/http";
import type { Route, Visit } from "#kernel/http";
import type { TracesQuestions } from "#traces";
import type { TrackingQuestions } from "#tracking";

import type { DatasetRecord, EvaluationDataset } from "./entities.ts";
import type { EvaluationDatasetsQuestions } from "./module.ts";
import { datasetNotFound } from "./orders.ts";
import { preview } from "./preview.ts";

const experiment = z.object({ id: z.string(), name: z.string() });
const dataset = z
  .object({
    id: z.string(),
    name: z.string(),
    digest: z.string(),
    records: z.number(),
    tags: z.record(z.string(), z.string()),
    /** Those of the project that the reader may see. */
    experimentIds: z.array(z.string()),
    createdAtMs: z.number(),
    updatedAtMs: z.number(),
    createdBy: z.string().nullable(),
    updatedBy: z.string().nullable(),
  })
  .meta({ id: "EvaluationDataset" });
const recordFacts = {
  id: z.string(),
  sourceType: z.string().nullable(),
  sourceId: z.string().nullable(),
  /** The trace it came from, where that is in this project and the reader may see it. */
  traceId: z.string().nullable(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  createdBy: z.string().nullable(),
  updatedBy: z.string().nullable(),
};
/** The beginnings of its parts, each as one line. */
const recordSummary = z
  .object({
    ...recordFacts,
    inputs: z.string(),
    outputs: z.string().nullable(),
    expectations: z.string().nullable(),
    tags: z.string().nullable(),
  })
  .meta({ id: "EvaluationRecordSummary" });
const record = z
  .object({
    ...recordFacts,
    inputs: z.unknown(),
    outputs: z.unknown(),
    expectations: z.unknown(),
    tags: z.unknown(),
    source: z.unknown(),
  })
  .meta({ id: "EvaluationRecord" });

type Asking = Pick<Visit, "allow" | "onlyAllowed">;

interface Parts {
  readonly datasets: EvaluationDatasetsQuestions;
  readonly tracking: Pick<TrackingQuestions, "experimentIdsOf" | "getExperiment">;
  readonly traces: Pick<TracesQuestions, "placesOfTraces">;
}

const base = "/api/v1/projects/:project/evaluation-datasets";

/**
 * The routes of the product's own interface; MLflow's are in `protocols/mlflow`. Whoever may read in one
 * experiment of a set may read it, by roles in the project and grants on single experiments together.
 */
export function createRoutes({ datasets, tracking, traces }: Parts): readonly Route[] {
  const visibleExperiments = async (project: string, { onlyAllowed }: Asking): Promise<string[]> =>
    await onlyAllowed(await tracking.experimentIdsOf(project), () => project, experimentThing);

  /** A set of the project, with those of its experiments that the visitor may see. */
  const find = async (
    { project, dataset: id }: { readonly project: string; readonly dataset: string },
    asking: Asking,
  ): Promise<{ readonly found: EvaluationDataset; readonly experimentIds: readonly string[] }> => {
    const found = await datasets.getDataset(id).catch(ignoreAbsent);
    const here = new Set(await tracking.experimentIdsOf(project));
    const linked = (found?.experimentIds ?? []).filter((one) => here.has(one));
    const experimentIds = await asking.onlyAllowed(linked, () => project, experimentThing);
    const [first] = linked;
    if (found !== undefined && experimentIds.length > 0) return { found, experimentIds };
    await asking.allow(project, first === undefined ? undefined : experimentThing(first));
    throw datasetNotFound(id);
  };

  const tracesHere = async (
    project: string,
    records: readonly DatasetRecord[],
    { onlyAllowed }: Asking,
  ): Promise<ReadonlySet<string>> => {
    const ids = records.flatMap(({ sourceType, sourceId }) =>
      sourceType === "TRACE" && sourceId !== null ? [sourceId] : [],
    );
    const places = ids.length === 0 ? [] : await traces.placesOfTraces([...new Set(ids)]);
    const visible = await onlyAllowed(
      places.filter((place) => place.project === project),
      () => project,
      ({ experimentId }) => experimentThing(experimentId),
    );
    return new Set(visible.map((place) => place.id));
  };

  return [
    defineRoute({
      method: "GET",
      path: base,
      permission: "run:read",
      scope: "handler",
      summary:
        "Lists the evaluation data sets of a project or of one experiment, filtered in MLflow's words.",
      query: z.object({
        filter: z.string().default(""),
        experiment: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
        cursor: z.string().optional(),
      }),
      response: z.object({
        datasets: z.array(dataset),
        /** Those with data sets, whichever was asked for. */
        experiments: z.array(experiment),
        cursor: z.string().nullable(),
      }),
      async handler({ params: { project }, query, ...asking }) {
        const visible = await visibleExperiments(project, asking);
        if (visible.length === 0) await asking.allow(project);
        const page = await datasets.searchDatasets({
          experimentIds: visible.filter((id) => query.experiment === undefined || id === query.experiment),
          filter: query.filter,
          orderBy: [],
          limit: query.limit,
          pageToken: query.cursor,
        });
        const counts = await datasets.countsOfRecords(page.items.map(({ id }) => id));
        const experiments = await datasets.experimentsWithDatasets(visible);
        return {
          datasets: page.items.map((one) =>
            toSummary(
              one,
              counts.get(one.id) ?? 0,
              one.experimentIds.filter((id) => visible.includes(id)),
            ),
          ),
          experiments: await namesOf(tracking, experiments),
          cursor: page.nextPageToken ?? null,
        };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:dataset`,
      permission: "run:read",
      scope: "handler",
      summary: "Shows one evaluation data set, its records apart.",
      response: dataset.extend({ experiments: z.array(experiment) }).meta({ id: "EvaluationDatasetDetail" }),
      async handler({ params, ...asking }) {
        const { found, experimentIds } = await find(params, asking);
        return {
          ...toSummary(found, await datasets.countRecords(found.id), experimentIds),
          experiments: await namesOf(tracking, experimentIds),
        };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:dataset/records`,
      permission: "run:read",
      scope: "handler",
      summary:
        "Lists records in the order in which they came, or those that say a text; the beginning of each.",
      query: z.object({
        find: z.string().max(500).default(""),
        limit: z.coerce.number().int().min(1).max(1_000).default(200),
        cursor: z.string().optional(),
      }),
      response: z.object({
        records: z.array(recordSummary),
        cursor: z.string().nullable(),
        /** Of all pages. */
        total: z.number(),
      }),
      async handler({ params, query, ...asking }) {
        const { id } = (await find(params, asking)).found;
        const text = query.find;
        const page = await datasets.records(id, { limit: query.limit, pageToken: query.cursor, text });
        const here = await tracesHere(params.project, page.items, asking);
        return {
          records: page.items.map((one) => ({
            ...factsOf(one, here),
            inputs: preview(one.inputs),
            outputs: one.outputs === null ? null : preview(one.outputs),
            expectations: one.expectations === null ? null : preview(one.expectations),
            tags: ownTags(one.tags),
          })),
          cursor: page.nextPageToken ?? null,
          total: await datasets.countRecords(id, text),
        };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:dataset/records/:record`,
      permission: "run:read",
      scope: "handler",
      summary: "Shows one record whole.",
      response: record,
      async handler({ params, ...asking }) {
        const { id } = (await find(params, asking)).found;
        const one = await datasets.getRecord(id, params.record);
        return {
          ...factsOf(one, await tracesHere(params.project, [one], asking)),
          inputs: toPlainJson(one.inputs),
          outputs: toPlainJson(one.outputs),
          expectations: toPlainJson(one.expectations),
          tags: toPlainJson(one.tags),
          source: toPlainJson(one.source),
        };
      },
    }),
  ];
}

async function namesOf(
  tracking: Pick<TrackingQuestions, "getExperiment">,
  ids: readonly string[],
): Promise<z.input<typeof experiment>[]> {
  const found = await Promise.all(ids.map((id) => tracking.getExperiment(id)));
  return found.map(({ id, name }) => ({ id, name }));
}

function toSummary(
  { id, name, digest, tags, createdAtMs, updatedAtMs, createdBy, updatedBy }: EvaluationDataset,
  records: number,
  experimentIds: readonly string[],
): z.input<typeof dataset> {
  const changes = { createdAtMs, updatedAtMs, createdBy, updatedBy };
  return { id, name, digest, tags, records, experimentIds: [...experimentIds], ...changes };
}

function factsOf(one: DatasetRecord, tracesHere: ReadonlySet<string>) {
  const { id, sourceType, sourceId, createdAtMs, updatedAtMs, createdBy, updatedBy } = one;
  const traceId = sourceId !== null && tracesHere.has(sourceId) ? sourceId : null;
  return { id, sourceType, sourceId, traceId, createdAtMs, updatedAtMs, createdBy, updatedBy };
}

/** Without what the client notes of itself: who it was stands in `createdBy`. */
function ownTags(tags: DatasetRecord["tags"]): string | null {
  const own = Object.entries(tags).filter(([key]) => key !== "mlflow.user");
  return own.length === 0 ? null : preview(Object.fromEntries(own));
}

function ignoreAbsent(error: unknown): undefined {
  if (error instanceof Problem && error.kind === "not_found") return undefined;
  throw error;
}
