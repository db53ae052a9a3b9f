import { Problem } from "#kernel/errors";
import { checkArtifactPath } from "#tracking";
import type { ArtifactOwner, Tracking } from "#tracking";
import type { Traces } from "#traces";

import { ofExperiment } from "./calls.ts";
import type { Touched } from "./calls.ts";
import { problems } from "./problems.ts";

/** A file or folder by its logical name: whose it is, and its path there ("" for the whole). */
export interface Place extends Touched {
  readonly owner: ArtifactOwner;
  readonly path: string;
}

const ofRun = /^(\d{1,15})\/([A-Za-z0-9][\w-]{0,255})\/artifacts(?:\/(.*))?$/su;
const ofModel = /^(\d{1,15})\/models\/(m-[\w-]{1,255})\/artifacts(?:\/(.*))?$/su;

const ofTrace = /^(\d{1,15})\/traces\/([\w.:-]{1,128})\/artifacts(?:\/(.*))?$/su;

/**
 * Finds the owner named by a path of the artifact service: `{experiment}/{run}/artifacts/…` or
 * `{experiment}/models/{model}/artifacts/…` or `{experiment}/traces/{trace}/artifacts/…`. Nothing else exists there: a path is a name, and no
 * spelling of it leads to a disk.
 */
export async function findPlace(
  tracking: Tracking,
  path: string,
  /** Without it, no trace has files. */
  traces?: Traces,
): Promise<Place> {
  const name = path.replace(/\/$/, "");
  const [, modelExperiment, modelId, modelPath = ""] = ofModel.exec(name) ?? [];
  if (modelExperiment !== undefined && modelId !== undefined) {
    const model = await tracking.getLoggedModel(modelId, { allowDeleted: true });
    if (model.experimentId !== modelExperiment) throw placeUnknown(path);
    checkInside(modelPath);
    return { owner: { model: modelId }, path: modelPath, ...ofExperiment(model) };
  }
  const [, traceExperiment, traceId, tracePath = ""] = ofTrace.exec(name) ?? [];
  if (traces !== undefined && traceExperiment !== undefined && traceId !== undefined) {
    const [trace] = await traces.placesOfTraces([traceId]);
    if (trace?.experimentId !== traceExperiment) throw placeUnknown(path);
    const owner = { trace: traceId, experiment: traceExperiment };
    return { owner, path: tracePath, ...ofExperiment(trace) };
  }
  const [, runExperiment, runId, runPath = ""] = ofRun.exec(name) ?? [];
  if (runExperiment === undefined || runId === undefined) throw placeUnknown(path);
  const [experiment] = await tracking.projectsOfExperiments([runExperiment]);
  if ((await tracking.experimentOfRun(runId)) !== runExperiment || experiment === undefined)
    throw placeUnknown(path);
  checkInside(runPath);
  return { owner: { run: runId }, path: runPath, ...ofExperiment(experiment) };
}

/** What is harmless in the middle of an address (`C:`, `file:`) may not begin the path of a file. */
function checkInside(path: string): void {
  if (path !== "") checkArtifactPath(path);
}

const ofRegistered = /^registered\/(mv_\w{1,40})\/artifacts(?:\/(.*))?$/su;

/** The version and path in it that a download address of a registered model names; undefined for other paths. */
export function registeredPlace(
  path: string,
): { readonly versionId: string; readonly path: string } | undefined {
  const [, versionId, inside = ""] = ofRegistered.exec(path.replace(/\/$/, "")) ?? [];
  return versionId === undefined ? undefined : { versionId, path: inside };
}

/** The place behind an artifact address this server gave out (`mlflow-artifacts:/…`); undefined for any other address. */
export function placeOfAddress(address: string): string | undefined {
  return /^mlflow-artifacts:\/(?!\/)(.+)$/s.exec(address)?.[1];
}

function placeUnknown(path: string): Problem {
  return new Problem(problems.mlflow_artifact_place_unknown, {
    message: `Invalid path: ${JSON.stringify(path.slice(0, 200))} names no run, logged model or trace here.`,
  });
}
