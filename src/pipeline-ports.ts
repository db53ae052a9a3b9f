import type { Access } from "#access";
import { quarantined } from "#data";
import type { Data, DatasetVersion } from "#data";
import type { Permission } from "#kernel/auth";
import { Problem } from "#kernel/errors";
import type { Objectives } from "#objectives";
import { problems as pipelineProblems } from "#pipelines";
import type { DatasetInput, DatasetsPort, PassesPort, ProjectsPort, RunsPort } from "#pipelines";
import type { Tracking } from "#tracking";

/**
 * What a step may do for its actor, where the actor may: track, send files, traces and lineage, register
 * models. Not run or schedule pipelines, or it could outlive itself.
 */
const permissionsOfSteps: readonly Permission[] = [
  "project:read",
  "run:read",
  "run:create",
  "run:write",
  "model:create",
  "model:write",
];

type Lender = Pick<Access, "requiresSignIn"> & {
  readonly commands: Pick<Access["commands"], "lendPass" | "limitPass" | "endPasses">;
};

/** The tokens of steps: passes of their executions' actors, where everybody signs in. */
export function createPasses({ requiresSignIn, commands }: Lender): PassesPort {
  return {
    lend: async ({ step: holder, actor: principal, ...pass }) =>
      requiresSignIn
        ? await commands.lendPass({ holder, principal, permissions: permissionsOfSteps, ...pass })
        : undefined,
    limit: async (holder, expiresAtMs) => {
      if (requiresSignIn) await commands.limitPass({ holder, expiresAtMs });
    },
    end: async (holder) => {
      if (requiresSignIn) await commands.endPasses(holder);
    },
  };
}

/** How pipelines see projects, data, runs and sign-in: their ports, filled from the doors above them. */
export function createPipelinePorts(parts: {
  readonly objectives: Pick<Objectives, "getProject" | "getCharter">;
  readonly data: Pick<Data, "listVersions" | "getVersion" | "materialise">;
  readonly tracking: { readonly commands: Pick<Tracking["commands"], "createRun" | "finishRun"> };
  readonly access: Lender;
  trackingUri(): string;
  /** The run that an execution belongs under, when it is a trial of a study. */
  parentRunOf?(execution: string): Promise<string | undefined>;
}): {
  readonly projects: ProjectsPort;
  readonly datasets: DatasetsPort;
  readonly runs: RunsPort;
  readonly passes: PassesPort;
} {
  const { objectives, data, tracking, access } = parts;

  const projects: ProjectsPort = {
    async getProject(id) {
      const { folder } = await objectives.getProject(id);
      const { projectFile } = await objectives.getCharter(id);
      const { pipeline, python } = projectFile;
      if (folder === null || pipeline === null) {
        throw new Problem(pipelineProblems.pipeline_missing, {
          message:
            folder === null
              ? `${id} has no folder on this machine.`
              : `The charter of ${id} names no pipeline.`,
        });
      }
      return {
        id,
        folder,
        pipeline:
          pipeline.kind === "file" ? { file: pipeline.path } : { file: "gyre.yaml", at: ["pipeline"] },
        python:
          python.requirements === null
            ? null
            : { requirements: python.requirements, version: python.version ?? ">=3.10" },
      };
    },
  };

  const datasets: DatasetsPort = {
    async resolve(project, versions) {
      const { projectFile } = await objectives.getCharter(project);
      const inputs = Object.entries(projectFile.data).map(async ([name, declaration]) => {
        const chosen = versions[name];
        const version =
          chosen === undefined ? (await data.listVersions(project, name))[0] : await data.getVersion(chosen);
        return version === undefined ? [] : [inputOf(name, declaration.source.path, version)];
      });
      return (await Promise.all(inputs)).flat();
    },
  };

  /** The newest version is the one that is meant: when it is in quarantine, an older one would be a silent lie. */
  const inputOf = (name: string, path: string, version: DatasetVersion): DatasetInput => ({
    name,
    versionId: version.id,
    path,
    digest: version.digest,
    state: version.state,
    ...(version.state === "quarantined" ? { reason: quarantined(version).message } : {}),
    materialise: (target) => data.materialise(version.id, target),
  });

  const runs: RunsPort = {
    async start({ project, name, tags, actor, startedAtMs }) {
      const pairs = Object.entries(tags).map(([key, value]) => ({ key, value }));
      const parentRunId = await parts.parentRunOf?.(tags["gyre.execution"] ?? "");
      const run = await tracking.commands.createRun({
        project,
        name,
        tags: pairs,
        actor,
        startedAtMs,
        ...(parentRunId === undefined ? {} : { parentRunId }),
      });
      return { runId: run.id, experimentId: run.experimentId };
    },
    finish: async (runId, status, actor) => {
      await tracking.commands.finishRun(runId, status, actor);
    },
    trackingUri: parts.trackingUri,
  };

  return { projects, datasets, runs, passes: createPasses(access) };
}
