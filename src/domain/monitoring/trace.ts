import { Problem } from "#kernel/errors";

import type { KnownOutcome, LoggedPrediction, LogSources } from "./outcome-log.ts";
import { readObservations, readPrediction } from "./outcome-log.ts";
import type { OriginPort, ReleasesPort } from "./ports.ts";
import { problems } from "./problems.ts";

export interface TracedPerson {
  readonly id: string;
  readonly name: string;
}

/** From one prediction back to everything it came from. */
export interface Trace {
  readonly prediction: LoggedPrediction;
  /** What turned out to be true; null while nobody has said. */
  readonly outcome: KnownOutcome | null;
  /** Earlier observations, which the outcome corrected. */
  readonly earlierOutcomes: readonly KnownOutcome[];
  readonly release: {
    readonly id: string;
    readonly environment: string;
    readonly state: string;
    readonly reason: string;
    readonly requestedBy: TracedPerson;
    readonly requestedAtMs: number;
    readonly approvals: readonly {
      readonly by: TracedPerson;
      readonly atMs: number;
      readonly note: string | null;
    }[];
    readonly liveAtMs: number | null;
  };
  readonly modelVersion: {
    readonly id: string;
    readonly model: string;
    readonly number: number;
    readonly kind: string;
    readonly digest: string;
    readonly createdAtMs: number;
    readonly author: TracedPerson;
    readonly purpose: { readonly kind: string; readonly reason: string } | null;
  };
  readonly runId: string | null;
  readonly executionId: string | null;
  readonly codeDigest: string | null;
  readonly environmentDigest: string | null;
  readonly data: readonly {
    readonly id: string;
    readonly dataset: string;
    readonly number: number;
    readonly digest: string;
    readonly source: string;
    readonly rows: number;
  }[];
}

export interface TraceParts {
  readonly sources: LogSources;
  readonly releases: ReleasesPort;
  readonly origin: OriginPort;
}

/** Throws `prediction_not_found`. */
export async function tracePrediction(
  parts: TraceParts,
  project: string,
  predictionId: string,
): Promise<Trace> {
  const { sources, releases, origin } = parts;
  const prediction = await readPrediction(sources, project, predictionId);
  if (prediction === undefined) {
    throw new Problem(problems.prediction_not_found, {
      message: `${project} has no prediction ${predictionId} in its log.`,
    });
  }
  const person = async (id: string): Promise<TracedPerson> => ({ id, name: await origin.nameOf(id) });
  const observations = (await readObservations(sources, project, [predictionId])).get(predictionId) ?? [];
  const release = await releases.getRelease(prediction.releaseId);
  const version = await origin.getVersion(prediction.modelVersionId);
  const { executionId, runId, codeDigest, environmentDigest, datasetVersions, purpose } = version.origin;
  const data = await Promise.all(Object.values(datasetVersions).map((id) => origin.getDatasetVersion(id)));
  return {
    prediction,
    outcome: observations.at(-1) ?? null,
    earlierOutcomes: observations.slice(0, -1),
    release: {
      id: release.id,
      environment: release.environment,
      state: release.state,
      reason: release.reason,
      requestedBy: await person(release.requestedBy),
      requestedAtMs: release.requestedAtMs,
      approvals: await Promise.all(
        release.approvals.map(async ({ by, atMs, note }) => ({ by: await person(by), atMs, note })),
      ),
      liveAtMs: release.liveAtMs,
    },
    modelVersion: {
      id: version.id,
      model: version.model,
      number: version.number,
      kind: version.kind,
      digest: version.digest,
      createdAtMs: version.createdAtMs,
      author: await person(version.actor),
      purpose,
    },
    runId,
    executionId,
    codeDigest,
    environmentDigest,
    data: data.map(({ id, dataset, number, digest, source, rows }) => ({
      id,
      dataset,
      number,
      digest,
      source,
      rows,
    })),
  };
}
