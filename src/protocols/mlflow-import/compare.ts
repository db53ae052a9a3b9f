import { z } from "zod";

import { createPointsDigest } from "#tracking";

import { createTraceComparison } from "./compare-traces.ts";
import { importPath } from "./destination.ts";
import type { Destination } from "./destination.ts";
import { comparable, difference } from "./difference.ts";
import { emptyEquality, judge } from "./report.ts";
import type { Equality } from "./report.ts";
import type { MlflowSource } from "./source.ts";
import { experimentAnswer, loggedModelPage, modelAnswer, runPage, versionAnswer } from "./wire-records.ts";

const digestAnswer = z.object({
  runs: z.array(z.object({ id: z.string(), points: z.number(), digest: z.string() })),
});

export interface Comparison {
  readonly source: MlflowSource;
  readonly destination: Destination;
  readonly experimentIds: ReadonlyMap<string, string>;
  onProgress(what: string, compared: number): void;
}

const api = "/api/2.0/mlflow";

/**
 * Reads everything once more, there and here, here through the routes that MLflow's clients use, and counts
 * what is equal. Measurements are compared by a digest of all points of a run.
 */
export async function compareMlflow(comparison: Comparison): Promise<readonly Equality[]> {
  const { source, destination, experimentIds, onProgress } = comparison;
  const experiments = emptyEquality("experiments");
  const runs = emptyEquality("runs: params, tags, inputs, times");
  const histories = emptyEquality("metric histories of runs");
  const loggedModels = emptyEquality("logged models");
  const models = emptyEquality("registered models and aliases");
  const versions = emptyEquality("model versions");
  const traces = createTraceComparison(source, destination);

  for await (const experiment of source.experiments()) {
    const ownId = experimentIds.get(experiment.id) ?? experiment.id;
    const path = `${api}/experiments/get?experiment_id=${ownId}`;
    const here = (await destination.get(path, experimentAnswer)).experiment;
    // One that was here before keeps its own times.
    judge(
      experiments,
      experiment.name,
      difference(
        { name: experiment.name, state: experiment.state, tags: experiment.tags },
        { name: here.name, state: here.state, tags: onlyKeysOf(here.tags, experiment.tags) },
      ),
    );
    for await (const page of source.runs(experiment.id)) await compareRuns(page, ownId);
    for await (const page of source.loggedModels(experiment.id)) await compareLogged(page, ownId);
    for await (const page of source.traces(experiment.id)) await traces.compare(page);
  }
  for await (const found of source.models()) await compareModel(found);
  return [experiments, runs, histories, loggedModels, models, versions, ...traces.equalities];

  async function compareRuns(page: RunPage, ownId: string): Promise<void> {
    const ids = page.map((run) => run.id);
    const body = {
      experiment_ids: [ownId],
      filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(", ")})`,
      run_view_type: "ALL",
      max_results: 1_000,
    };
    const found = await destination.post(`${api}/runs/search`, runPage, body);
    const here = new Map(found.entries.map((run) => [run.id, run]));
    for (const run of page) judge(runs, run.id, difference(comparable(run), comparable(here.get(run.id))));
    const digests = await destination.post(importPath("points-digest"), digestAnswer, { runIds: ids });
    for (const { id, points, digest } of digests.runs) {
      const there = createPointsDigest();
      for await (const part of source.points(id)) part.forEach((point) => there.add(point));
      const expected = there.result();
      const isEqual = expected.points === points && (points === 0 || expected.digest === digest);
      judge(histories, id, isEqual ? undefined : `${expected.points} points there, ${points} here`);
    }
    onProgress("runs", runs.equal + runs.different);
  }

  async function compareLogged(page: LoggedPage, ownId: string): Promise<void> {
    const ids = page.map((model) => `'${model.id}'`).join(", ");
    const body = { experiment_ids: [ownId], filter: `model_id IN (${ids})`, max_results: 100 };
    const found = await destination.post(`${api}/logged-models/search`, loggedModelPage, body);
    const here = new Map(found.entries.map((model) => [model.id, model]));
    for (const model of page) {
      judge(loggedModels, model.id, difference(comparable(model), comparable(here.get(model.id))));
    }
  }

  async function compareModel({ model, aliases, versions: there }: SourceModelOf): Promise<void> {
    const name = encodeURIComponent(model.name);
    const path = `${api}/registered-models/get?name=${name}`;
    const here = (await destination.get(path, modelAnswer)).registered_model;
    const labels = ({ name: own, description, tags }: typeof model) => ({ own, description, tags });
    judge(
      models,
      model.name,
      difference({ ...labels(model), aliases }, { ...labels(here.model), aliases: here.aliases }),
    );
    for (const version of there) {
      const found = await destination.get(
        `${api}/model-versions/get?name=${name}&version=${version.number}`,
        versionAnswer,
      );
      judge(versions, `${model.name} ${version.number}`, difference(version, found.model_version));
    }
  }
}

type Pages<Source> = Source extends AsyncIterable<infer Page> ? Page : never;
type RunPage = Pages<ReturnType<MlflowSource["runs"]>>;
type LoggedPage = Pages<ReturnType<MlflowSource["loggedModels"]>>;
type SourceModelOf = Pages<ReturnType<MlflowSource["models"]>>;

function onlyKeysOf(tags: Readonly<Record<string, string>>, wanted: object): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => key in wanted));
}
