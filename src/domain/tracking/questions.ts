import type { Readable } from "node:stream";

import { streamBlob } from "#kernel/blobs";
import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import { packToken, unpackToken } from "#kernel/search";

import { checkArtifactPath } from "./artifact-path.ts";
import type {
  ArtifactEntry,
  ArtifactFile,
  ArtifactOwner,
  Experiment,
  LifecycleState,
  LoggedModel,
  MetricPoint,
  MetricSeries,
  Page,
  Run,
} from "./entities.ts";
import { parseFilter, parseOrdering, parseOrderings } from "./filter.ts";
import type { Field } from "./filter.ts";
import { looksLikeGhost } from "./ghosts.ts";
import {
  experimentGrammar,
  experimentOrderGrammar,
  modelGrammar,
  runGrammar,
  runOrderGrammar,
} from "./grammars.ts";
import type { LongSeries } from "./long-series.ts";
import type { Lookups, RunScope } from "./lookups.ts";
import { problems } from "./problems.ts";
import { listArtifactFiles, readArtifactFile } from "./store/artifacts.ts";
import { searchExperiments } from "./store/experiment-search.ts";
import { listExperimentIds, readExperimentByName, withTags } from "./store/experiments.ts";
import { readAtSteps, readHistory, readSteps } from "./store/history.ts";
import { listDatasetSummaries } from "./store/inputs.ts";
import type { ExperimentProject } from "./store/experiments.ts";
import type { DatasetSummary } from "./store/inputs.ts";
import type { Keys } from "./store/keys.ts";
import { createPointsDigest } from "./points-digest.ts";
import { readAllPoints } from "./store/imports.ts";
import { completeModels } from "./store/logged-models.ts";
import { searchModels } from "./store/model-search.ts";
import type { MeasuredOn } from "./store/model-search.ts";
import type { SearchRuns } from "./store/run-search.ts";
import { loadRuns } from "./store/run-parts.ts";
import { toPoint } from "./store/runs.ts";

export interface RunSearch {
  /** The runs of all experiments of a project; `experimentIds` narrows or replaces it. */
  readonly project?: string;
  readonly experimentIds?: readonly string[];
  /** MLflow's grammar: `metrics.rmse < 0.7 and tags.team = 'care'`. */
  readonly filter?: string;
  /** ``metrics.`val loss` DESC``; newest first after all of them. */
  readonly orderBy?: readonly string[];
  readonly states?: readonly LifecycleState[];
  readonly limit: number;
  readonly pageToken?: string | undefined;
}

export interface ExperimentSearch {
  readonly filter?: string;
  readonly orderBy?: readonly string[];
  readonly states?: readonly LifecycleState[];
  readonly limit: number;
  readonly pageToken?: string | undefined;
}

export interface LoggedModelSearch {
  readonly experimentIds: readonly string[];
  readonly filter?: string;
  readonly measuredOn?: readonly MeasuredOn[];
  readonly orderBy?: readonly (MeasuredOn & { readonly field: string; readonly ascending: boolean })[];
  readonly limit: number;
  readonly pageToken?: string | undefined;
}

/** Which part of a series, along which axis, in how many stretches. */
export interface SeriesOptions {
  readonly buckets: number;
  /** By step where the steps differ, when absent. `relative` counts milliseconds from the run's start. */
  readonly axis?: "step" | "time" | "relative" | undefined;
  /** Both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** A file ready to be read, in whole or in part (`end` is included, as in a Range header). */
export interface OpenArtifact extends ArtifactFile {
  open(range?: { readonly start: number; readonly end: number }): Readable;
}

/** What can be asked of tracking. Absent things throw `…_not_found`. */
export interface TrackingQuestions {
  getExperiment(id: string): Promise<Experiment>;
  getExperimentByName(name: string): Promise<Experiment>;
  /** The project of the experiment of this name, or the one it would belong to. */
  projectOfExperimentName(name: string): Promise<string | null>;
  /** The project of each experiment there is among these. */
  projectsOfExperiments(ids: readonly string[]): Promise<readonly ExperimentProject[]>;
  listExperiments(project?: string): Promise<readonly Experiment[]>;
  /** Deleted ones too. */
  experimentIdsOf(project: string): Promise<readonly string[]>;
  searchExperiments(search: ExperimentSearch): Promise<Page<Experiment>>;
  getRun(runId: string): Promise<Run>;
  /** Whether no call ever touched the run after the one that began it, an hour ago or longer. */
  isGhost(run: Run): Promise<boolean>;
  /** For the gate in front of every run route: remembered, because it is asked before each metric. */
  projectOfRun(runId: string): Promise<string | null>;
  /** As remembered. */
  scopeOfRun(runId: string): Promise<RunScope>;
  experimentOfRun(runId: string): Promise<string>;
  searchRuns(search: RunSearch): Promise<Page<Run>>;
  /** Points by (step, time, value); at most `limit` of them and a token for the rest. */
  metricHistory(
    runId: string,
    key: string,
    page: { limit: number; pageToken?: string | undefined },
  ): Promise<Page<MetricPoint>>;
  /** The series in at most `buckets` stretches, each with min, max and last: what a chart can show. */
  metricSeries(runId: string, key: string, options: SeriesOptions): Promise<MetricSeries>;
  /** The distinct steps at which a metric was logged. */
  metricSteps(
    runId: string,
    key: string,
    range: { fromStep?: number | undefined; toStep?: number | undefined },
  ): Promise<readonly number[]>;
  metricAtSteps(runId: string, key: string, steps: readonly number[]): Promise<readonly MetricPoint[]>;
  getLoggedModel(modelId: string, options?: { readonly allowDeleted?: boolean }): Promise<LoggedModel>;
  searchLoggedModels(search: LoggedModelSearch): Promise<Page<LoggedModel>>;
  datasetSummaries(experimentIds: readonly string[]): Promise<readonly DatasetSummary[]>;
  /** The entries of one folder ("" for the top), not those below; a file's own path gives nothing. */
  listArtifacts(owner: ArtifactOwner | string, folder?: string): Promise<readonly ArtifactEntry[]>;
  /** Every file, by path. A text as owner is a run's id. */
  artifactTree(owner: ArtifactOwner | string): Promise<readonly ArtifactFile[]>;
  /** How many points a run has, and a digest of them that does not depend on their order. */
  pointsDigest(runId: string): Promise<{ readonly points: number; readonly digest: string }>;
  openArtifact(owner: ArtifactOwner | string, path: string): Promise<OpenArtifact>;
  readArtifact(owner: ArtifactOwner | string, path: string): Promise<Uint8Array>;
}

export function createQuestions(parts: {
  readonly db: Database;
  readonly blobs: Blobs;
  readonly keys: Keys;
  readonly lookups: Lookups;
  readonly clock: Clock;
  readonly longSeries: LongSeries;
  readonly searchRuns: SearchRuns;
  isProject(name: string): Promise<boolean>;
}): TrackingQuestions {
  const { db, blobs, keys, lookups, clock } = parts;

  const openArtifact: TrackingQuestions["openArtifact"] = async (owner, path) => {
    checkArtifactPath(path);
    const { key } = await lookups.owner(owner);
    const file = await readArtifactFile(db, key, path);
    if (file === undefined) {
      throw new Problem(problems.artifact_not_found, {
        message: `No artifact '${path}' in ${key.replace(":", " ")}.`,
      });
    }
    return {
      ...file,
      open: (range) => streamBlob(blobs, file.digest, range),
    };
  };

  const artifactTree: TrackingQuestions["artifactTree"] = async (owner) => {
    const { key } = await lookups.owner(owner);
    return await listArtifactFiles(db, key, "");
  };

  return {
    async getExperiment(id) {
      return await lookups.experiment(id);
    },
    async getExperimentByName(name) {
      const row = await readExperimentByName(db, name);
      const [experiment] = row === undefined ? [] : await withTags(db, [row]);
      if (experiment !== undefined) return experiment;
      throw new Problem(problems.experiment_not_found, {
        message: `Could not find experiment with name '${name.slice(0, 200)}'`,
      });
    },
    async projectOfExperimentName(name) {
      const row = await readExperimentByName(db, name);
      if (row !== undefined) return row.project;
      return (await parts.isProject(name)) ? name : null;
    },
    async projectsOfExperiments(ids) {
      return await lookups.projectsOfExperiments(ids.flatMap(toNumber));
    },
    async listExperiments(project) {
      const all: Experiment[] = [];
      let pageToken: string | undefined;
      do {
        const page = await searchExperiments(db, {
          states: ["active"],
          conditions: [],
          orderings: [],
          limit: 1_000,
          pageToken,
        });
        all.push(...page.items);
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
      return project === undefined ? all : all.filter((experiment) => experiment.project === project);
    },
    async experimentIdsOf(project) {
      return (await listExperimentIds(db, project)).map(String);
    },
    async searchExperiments(search) {
      return await searchExperiments(db, {
        states: search.states ?? ["active"],
        conditions: parseFilter(search.filter ?? "", experimentGrammar),
        orderings: parseOrderings(search.orderBy ?? [], experimentOrderGrammar),
        limit: search.limit,
        pageToken: search.pageToken,
      });
    },
    async isGhost(run) {
      return looksLikeGhost(run, clock.nowMs()) && (await artifactTree(run.id)).length === 0;
    },
    async getRun(runId) {
      const number = lookups.knownNumber(runId) ?? (await lookups.run(runId)).id;
      const [run] = await loadRuns(db, keys, [number]);
      if (run === undefined) throw lookups.runNotFound(runId);
      return run;
    },
    projectOfRun: lookups.projectOfRun,
    scopeOfRun: lookups.scopeOfRun,
    async experimentOfRun(runId) {
      return String((await lookups.run(runId)).experiment);
    },
    async searchRuns(search) {
      const chosen = search.experimentIds?.flatMap(toNumber);
      const own = search.project === undefined ? undefined : await listExperimentIds(db, search.project);
      const experiments =
        chosen === undefined ? (own ?? []) : chosen.filter((id) => own?.includes(id) ?? true);
      return await parts.searchRuns({
        experiments: [...new Set(experiments)].toSorted((a, b) => a - b),
        states: search.states ?? ["active"],
        conditions: parseFilter(search.filter ?? "", runGrammar),
        orderings: parseOrderings(search.orderBy ?? [], runOrderGrammar),
        limit: search.limit,
        pageToken: search.pageToken,
      });
    },
    async metricHistory(runId, name, page) {
      const run = await lookups.run(runId);
      const key = await keys.find(name);
      if (key === undefined) return { items: [], nextPageToken: undefined };
      const search = [runId, name];
      const [step, atMs, value, isNan] =
        page.pageToken === undefined ? [] : unpackToken(search, page.pageToken, 4).map(Number);
      const after =
        step === undefined || atMs === undefined || value === undefined || isNan === undefined
          ? undefined
          : { step, atMs, value, isNan };
      const { points, cursor } = await readHistory(
        db,
        { run: run.id, key, name },
        { after, limit: page.limit },
      );
      const token =
        cursor === undefined
          ? undefined
          : packToken(search, [cursor.step, cursor.atMs, cursor.value, cursor.isNan]);
      return { items: points, nextPageToken: token };
    },
    async metricSeries(runId, name, options) {
      const run = await lookups.run(runId);
      const key = await keys.find(name);
      const nothing = { key: name, axis: "step", points: 0, buckets: [] } as const;
      if (key === undefined) return nothing;
      const shift = options.axis === "relative" ? run.started_at_ms : 0;
      const range = {
        axis: options.axis === undefined || options.axis === "step" ? "step" : "time",
        from: options.from === undefined ? undefined : options.from + shift,
        to: options.to === undefined ? undefined : options.to + shift,
      } as const;
      const stretch = await parts.longSeries.read({ run: run.id, key }, range, options.buckets);
      if (stretch === undefined) return nothing;
      const { points, isOneStep, buckets } = stretch;
      return { key: name, axis: isOneStep ? "time" : range.axis, points, buckets };
    },
    async metricSteps(runId, name, range) {
      const run = await lookups.run(runId);
      const key = await keys.find(name);
      return key === undefined
        ? []
        : await readSteps(db, { run: run.id, key }, { fromStep: range.fromStep, toStep: range.toStep });
    },
    async metricAtSteps(runId, name, steps) {
      const run = await lookups.run(runId);
      const key = await keys.find(name);
      return key === undefined ? [] : await readAtSteps(db, { run: run.id, key, name }, steps);
    },
    async getLoggedModel(modelId, options) {
      const [model] = await completeModels(db, keys, [await lookups.model(modelId)]);
      if (model === undefined || (model.state === "deleted" && options?.allowDeleted !== true))
        throw lookups.modelNotFound(modelId);
      return model;
    },
    async searchLoggedModels(search) {
      return await searchModels(db, keys, {
        experiments: search.experimentIds.flatMap(toNumber),
        conditions: parseFilter(search.filter ?? "", modelGrammar),
        measuredOn: search.measuredOn ?? [],
        orderings: (search.orderBy ?? [])
          .slice(0, 16)
          .map(({ field, ascending, datasetName, datasetDigest }) => ({
            field: readField(field),
            descending: !ascending,
            datasetName,
            datasetDigest,
          })),
        limit: search.limit,
        pageToken: search.pageToken,
      });
    },
    async datasetSummaries(experimentIds) {
      return await listDatasetSummaries(db, experimentIds.flatMap(toNumber), 1_000);
    },
    async listArtifacts(owner, folder = "") {
      if (folder !== "") checkArtifactPath(folder);
      const { key } = await lookups.owner(owner);
      return oneLevel(await listArtifactFiles(db, key, folder), folder);
    },
    artifactTree,
    async pointsDigest(runId) {
      const run = await lookups.run(runId);
      const digest = createPointsDigest();
      for await (const page of readAllPoints(db, run.id)) {
        const names = await keys.namesOf(new Set(page.map((point) => point.key)));
        for (const point of page) digest.add(toPoint(point, names.get(point.key) ?? ""));
      }
      return digest.result();
    },
    openArtifact,
    async readArtifact(owner, path) {
      return await blobs.readBytes((await openArtifact(owner, path)).digest);
    },
  };
}

function readField(text: string): Field {
  return parseOrdering(text, modelGrammar).field;
}

/** Experiment ids that are no whole numbers name nothing, so they find nothing. */
function toNumber(id: string): number[] {
  return /^\d{1,15}$/.test(id) ? [Number(id)] : [];
}

function oneLevel(files: readonly ArtifactFile[], folder: string): ArtifactEntry[] {
  const skip = folder === "" ? 0 : folder.length + 1;
  const entries = new Map<string, ArtifactEntry>();
  for (const file of files) {
    const end = file.path.indexOf("/", skip);
    const path = end === -1 ? file.path : file.path.slice(0, end);
    const entry =
      end === -1
        ? { path, isFolder: false, sizeBytes: file.sizeBytes, digest: file.digest }
        : folderEntry(path);
    entries.set(path, entry);
  }
  return [...entries.values()].toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function folderEntry(path: string): ArtifactEntry {
  return { path, isFolder: true, sizeBytes: null, digest: null };
}
