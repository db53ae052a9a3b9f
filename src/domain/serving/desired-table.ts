import type { Delivery, DesiredVariant, Release } from "#delivery";
import type { Blobs } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";
import type { Objectives } from "#objectives";
import type { ModelVersion, Registry } from "#registry";

import type { RoutingTable, ServedRoute, Variant } from "./routing/index.ts";

export interface DesiredTableParts {
  readonly blobs: Blobs;
  readonly objectives: Objectives;
  readonly registry: Registry;
  readonly delivery: Delivery;
  /** The id of the deployment that answers for a project, made when it is new. */
  deploymentOf(project: string, model: string): Promise<string>;
}

interface TableParts extends DesiredTableParts {
  localPath(digest: Digest): Promise<string>;
}

/** Rollouts and traffic are the production environment's; staging is where candidates are measured. */
export const environment = "production";

/** What the gateway should answer: what delivery wants live, and the candidates that are to be measured. */
export async function desiredTable(parts: DesiredTableParts): Promise<RoutingTable> {
  const routes: ServedRoute[] = [];
  const runnables = new Set<Digest>();
  const localPath = async (digest: Digest): Promise<string> => {
    runnables.add(digest);
    return await parts.blobs.localPath(digest);
  };
  const of = { ...parts, localPath };
  for (const project of await parts.objectives.listProjects()) {
    const live = await liveRoute(of, project.id);
    if (live !== undefined) routes.push(live);
  }
  for (const release of await parts.delivery.listJudging()) routes.push(await stagingRoute(of, release));
  // The gateway opens them again whenever it starts, also while this process is away.
  parts.blobs.keepLocal("gateway", runnables);
  return { routes };
}

async function liveRoute(parts: TableParts, project: string): Promise<ServedRoute | undefined> {
  const { live, candidate } = await parts.delivery.desiredRouting(project, environment);
  if (live === null) return undefined;
  const { model } = await parts.registry.getVersion(live.modelVersionId);
  const candidateShare = candidate?.kind === "canary" ? candidate.share : 0;
  const variants = [await variantOf(parts, live, "live", 1 - candidateShare)];
  if (candidate !== null) {
    variants.push(await variantOf(parts, candidate, candidate.kind, candidateShare));
  }
  return await routeOf(parts, project, model, await parts.deploymentOf(project, model), variants);
}

async function stagingRoute(parts: TableParts, release: Release): Promise<ServedRoute> {
  const { id, modelVersionId, project } = release;
  const variant = await variantOf(parts, { releaseId: id, modelVersionId, threshold: null }, "staging", 1);
  return await routeOf(parts, project, stagingName(release), `staging:${id}`, [variant]);
}

async function routeOf(
  parts: DesiredTableParts,
  project: string,
  name: string,
  deployment: string,
  variants: Variant[],
): Promise<ServedRoute> {
  const { projectFile } = await parts.objectives.getCharter(project);
  const { unit, log } = projectFile.serving;
  return {
    name,
    project,
    deployment,
    positive: projectFile.objective?.positive ?? "",
    unit,
    log: { sample: log.sampleShare, drop: [...log.drop] },
    variants,
  };
}

async function variantOf(
  { registry, localPath }: TableParts,
  desired: DesiredVariant,
  role: Variant["role"],
  share: number,
): Promise<Variant> {
  const version = await registry.getVersion(desired.modelVersionId);
  return {
    role,
    share,
    releaseId: desired.releaseId,
    modelVersionId: version.id,
    number: version.number,
    kind: kindOf(version),
    runnablePath: await localPath(runnableOf(version)),
    signature: { inputs: [...version.signature.inputs], labels: [...version.signature.labels] },
    threshold: desired.threshold,
  };
}

/** A staged candidate answers under a name of its own, so that no client meets it by accident. */
export function stagingName(release: Release): string {
  return `${release.model}@${release.id}`;
}

function kindOf({ id, kind }: ModelVersion): Variant["kind"] {
  if (kind === "python") throw new Error(`version ${id} has nothing that runs`);
  return kind;
}

export function runnableOf(version: ModelVersion): string {
  if (version.runnableDigest === null) throw new Error(`version ${version.id} has nothing that runs`);
  return version.runnableDigest;
}
