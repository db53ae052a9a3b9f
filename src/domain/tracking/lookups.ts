import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";

import type { ArtifactOwner, Experiment } from "./entities.ts";
import { problems } from "./problems.ts";
import type { OwnerKey } from "./store/artifacts.ts";
import { readExperiment, readProjects, withTags } from "./store/experiments.ts";
import type { ExperimentProject, StoredExperiment } from "./store/experiments.ts";
import { readModel } from "./store/logged-models.ts";
import type { StoredModel } from "./store/logged-models.ts";
import { readRun } from "./store/runs.ts";
import type { StoredRun } from "./store/runs.ts";
import { invalid } from "./validation.ts";

/** Whose a run is. */
export interface RunScope {
  readonly project: string | null;
  readonly experimentId: string;
}

/** Finds things by the ids clients use, or throws the problem that says what is missing. */
export interface Lookups {
  storedExperiment(id: string): Promise<StoredExperiment>;
  experiment(id: string): Promise<Experiment>;
  run(runId: string): Promise<StoredRun>;
  model(modelId: string): Promise<StoredModel>;
  projectOfRun(runId: string): Promise<string | null>;
  scopeOfRun(runId: string): Promise<RunScope>;
  /** Those that there are among these. Remembered, because it is asked before every search and new run. */
  projectsOfExperiments(ids: readonly number[]): Promise<readonly ExperimentProject[]>;
  /** The number of a run that was seen before; undefined says nothing. */
  knownNumber(runId: string): number | undefined;
  owner(owner: ArtifactOwner | string): Promise<{ readonly key: OwnerKey; readonly experiment: number }>;
  runNotFound(runId: string): Problem;
  modelNotFound(modelId: string): Problem;
  /** After an experiment has moved into a project. */
  forgetProjects(): void;
}

const mostRemembered = 20_000;

export function createLookups(db: Database): Lookups {
  const scopes = new Map<string, RunScope & { readonly number: number }>();
  const projects = new Map<number, ExperimentProject>();

  // What was read in a transaction may never have been.
  const remember = <Key, Value>(known: Map<Key, Value>, key: Key, value: Value): void => {
    if (db.inTransaction()) return;
    if (known.size >= mostRemembered) known.clear();
    known.set(key, value);
  };

  const storedExperiment: Lookups["storedExperiment"] = async (id) => {
    if (!/^-?\d{1,64}$/.test(id))
      throw invalid(`Invalid experiment ID '${id.slice(0, 80)}'. Experiment ID must be a valid integer.`);
    const row = /^\d{1,15}$/.test(id) ? await readExperiment(db, Number(id)) : undefined;
    if (row === undefined)
      throw new Problem(problems.experiment_not_found, { message: `No Experiment with id=${id} exists` });
    return row;
  };

  const run: Lookups["run"] = async (runId) => {
    const row = isRunId(runId) ? await readRun(db, runId) : undefined;
    if (row === undefined) throw runNotFound(runId);
    return row;
  };

  const model: Lookups["model"] = async (modelId) => {
    const row = isRunId(modelId) ? await readModel(db, modelId) : undefined;
    if (row === undefined) throw modelNotFound(modelId);
    return row;
  };

  const scopeOfRun: Lookups["scopeOfRun"] = async (runId) => {
    const known = scopes.get(runId);
    if (known !== undefined) return known;
    const { id: number, project, experiment } = await run(runId);
    const scope = { project, experimentId: String(experiment), number };
    remember(scopes, runId, scope);
    return scope;
  };

  const projectsOfExperiments: Lookups["projectsOfExperiments"] = async (ids) => {
    const wanted = new Map([...new Set(ids)].map((id) => [id, projects.get(id)]));
    const unknown = [...wanted.keys()].filter((id) => wanted.get(id) === undefined);
    for (const one of unknown.length === 0 ? [] : await readProjects(db, unknown)) {
      wanted.set(Number(one.id), one);
      remember(projects, Number(one.id), one);
    }
    return [...wanted.values()].filter((one) => one !== undefined);
  };

  return {
    storedExperiment,
    async experiment(id) {
      const [experiment] = await withTags(db, [await storedExperiment(id)]);
      if (experiment === undefined) throw new Error(`the experiment ${id} vanished`);
      return experiment;
    },
    run,
    model,
    projectOfRun: async (runId) => (await scopeOfRun(runId)).project,
    scopeOfRun,
    projectsOfExperiments,
    knownNumber: (runId) => scopes.get(runId)?.number,
    async owner(owner) {
      const of = typeof owner === "string" ? { run: owner } : owner;
      if ("run" in of) return { key: `run:${of.run}`, experiment: (await run(of.run)).experiment };
      if ("trace" in of)
        return { key: `trace:${of.trace}`, experiment: (await storedExperiment(of.experiment)).id };
      return { key: `model:${of.model}`, experiment: (await model(of.model)).experiment };
    },
    runNotFound,
    modelNotFound,
    forgetProjects() {
      scopes.clear();
      projects.clear();
    },
  };
}

function isRunId(id: string): boolean {
  return /^[a-zA-Z0-9][\w-]{0,255}$/.test(id);
}

function runNotFound(runId: string): Problem {
  return new Problem(problems.run_not_found, { message: `Run with id=${runId.slice(0, 256)} not found` });
}

function modelNotFound(modelId: string): Problem {
  return new Problem(problems.logged_model_not_found, {
    message: `Logged model with ID '${modelId.slice(0, 80)}' not found.`,
  });
}
