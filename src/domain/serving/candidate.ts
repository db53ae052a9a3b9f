import type { Data } from "#data";
import type { HoldoutEvidence, Release } from "#delivery";
import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Analyst } from "#kernel/columnar";
import { segmentsOf } from "#objectives";
import type { Objectives } from "#objectives";
import type { ModelVersion, Registry } from "#registry";
import { openRule, parseRule } from "#registry/runtimes";

import { runnableOf, stagingName } from "./desired-table.ts";
import { readHoldout } from "./holdout.ts";
import { createInfer } from "./inference-client.ts";
import { measureCalmLoad, releaseLoad, scoreHoldout } from "./measure.ts";
import type { HoldoutRow } from "./measure.ts";

export interface CandidateParts {
  readonly analyst: Analyst;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly data: Data;
  readonly objectives: Objectives;
  readonly registry: Registry;
}

/** Measures a staged candidate over HTTP: the holdout, the baseline on the same rows, and a short load. */
export async function measureCandidate(
  parts: CandidateParts,
  gatewayUrl: string,
  release: Release,
): Promise<HoldoutEvidence> {
  const { project } = release;
  const version = await parts.registry.getVersion(release.modelVersionId);
  const { projectFile } = await parts.objectives.getCharter(project);
  const positive = projectFile.objective?.positive ?? "";
  const target = projectFile.objective?.target ?? "";
  const sliceColumns = segmentsOf(projectFile);
  const holdout = await readHoldout(parts, { project, version, target, sliceColumns });
  const candidate = createInfer(gatewayUrl, stagingName(release), version.signature);
  return {
    candidate: await scoreHoldout(candidate, holdout, positive),
    baseline: await scoreBaseline(parts, release, version, holdout, positive),
    load: await measureCalmLoad(candidate, holdout, releaseLoad),
    measuredAtMs: parts.clock.nowMs(),
  };
}

/** The rule the candidate has to beat, on the same rows; it needs no staging: it is a pure function. */
async function scoreBaseline(
  { registry, blobs }: CandidateParts,
  release: Release,
  version: ModelVersion,
  holdout: readonly HoldoutRow[],
  positive: string,
): Promise<HoldoutEvidence["baseline"]> {
  if (version.kind === "rule") return null;
  const versions = await registry.listVersions(release.project, release.model);
  const rule = versions.find((one) => one.kind === "rule");
  if (rule === undefined) return null;
  const model = openRule(parseRule(await blobs.readText(runnableOf(rule)), "baseline"));
  const answers = await model.score(holdout.map((row) => row.inputs));
  const at = rule.signature.labels.indexOf(positive);
  return holdout.map((row, index) => {
    const answer = answers[index];
    return {
      actual: row.actual,
      label: answer?.label ?? "",
      score: answer?.probabilities[at] ?? 0,
      decision: answer?.label === positive,
      slices: row.slices,
    };
  });
}
