import { z } from "zod";

import { modelThing, outsideProjects } from "#access";
import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route, Visit } from "#kernel/http";
import type { NamedModels, VersionFile } from "#registry";
import type { NamedModelCommands, RegistryImports } from "#registry/commands";
import type { ArtifactOwner, TrackingQuestions } from "#tracking";
import type { ImportCommands } from "#tracking/commands";
import type { TraceImports } from "#traces/commands";

import {
  experimentSchema,
  filesOfSchema,
  loggedModelSchema,
  modelSchema,
  ownerSchema,
  pointSchema,
  runSchema,
  spanSchema,
  traceSchema,
  versionSchema,
} from "./records.ts";

export { compareMlflow } from "./compare.ts";
export type { Comparison } from "./compare.ts";
export type { Destination } from "./destination.ts";
export { createFolderFiles } from "./folder-files.ts";
export { importMlflow } from "./import.ts";
export type { Imported, ImportOrder } from "./import.ts";
export { openSource } from "./open-source.ts";
export { problems } from "./problems.ts";
export type { Equality, ImportReport, Tally } from "./report.ts";
export type { MlflowSource, SourceFiles } from "./source.ts";

export interface MlflowImportParts {
  readonly tracking: Pick<TrackingQuestions, "artifactTree" | "pointsDigest"> & {
    readonly commands: { readonly imports: ImportCommands };
  };
  readonly traces: { readonly commands: { readonly imports: TraceImports } };
  readonly registry: {
    readonly named: Pick<NamedModels, "getModel" | "projectOfModel">;
    readonly commands: {
      readonly imports: RegistryImports;
      readonly named: Pick<NamedModelCommands, "setAlias">;
    };
  };
}

// A run may have hundreds of tags of 8 kB, and a hundred runs travel together.
const bodyLimitBytes = 64 * 1_024 * 1_024;
const source = z.string().max(500);

/**
 * The door through which `gyre import mlflow` brings in what another server recorded. Each call adds what
 * is missing and changes nothing that is there. Files come through the artifact routes of MLflow.
 */
export function createMlflowImport({ tracking, traces, registry }: MlflowImportParts): {
  readonly routes: readonly Route[];
} {
  const imports = tracking.commands.imports;
  const shared = { method: "POST", tags: ["import"], bodyLimitBytes } as const;

  const routes = [
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/experiments",
      permission: "run:write",
      summary: "Takes over an experiment; answers the id it has here.",
      body: z.object({ source, experiment: experimentSchema }),
      response: z.object({ id: z.string(), isNew: z.boolean() }),
      handler: async ({ body, principal }) =>
        await imports.importExperiment({ ...body, actor: principal.id }),
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/runs",
      permission: "run:write",
      summary: "Takes over runs without their measurements; answers what there is of each now.",
      body: z.object({ source, experimentId: z.string(), runs: z.array(runSchema).max(1_000) }),
      response: z.object({
        runs: z.array(
          z.object({ id: z.string(), isNew: z.boolean(), experimentId: z.string(), points: z.number() }),
        ),
      }),
      handler: async ({ body, principal }) => ({
        runs: [...(await imports.importRuns({ ...body, actor: principal.id }))],
      }),
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/points",
      permission: "run:write",
      summary: "Takes over measurements of a run.",
      body: z.object({ runId: z.string(), points: z.array(pointSchema).max(20_000) }),
      response: z.void(),
      async handler({ body: { runId, points } }) {
        await imports.importPoints({
          runId,
          points: points.map(([key, value, atMs, step]) => ({ key, value, atMs, step })),
        });
      },
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/logged-models",
      permission: "run:write",
      summary: "Takes over logged models; answers how many were new.",
      body: z.object({ source, experimentId: z.string(), models: z.array(loggedModelSchema).max(1_000) }),
      response: z.object({ added: z.number() }),
      handler: async ({ body, principal }) => ({
        added: await imports.importLoggedModels({ ...body, actor: principal.id }),
      }),
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/traces",
      permission: "run:write",
      summary: "Takes over traces without their spans; answers how many spans of each are here.",
      body: z.object({ source, experimentId: z.string(), traces: z.array(traceSchema).max(1_000) }),
      response: z.object({
        traces: z.array(z.object({ id: z.string(), isNew: z.boolean(), spans: z.number() })),
      }),
      handler: async ({ body, principal }) => ({
        traces: [...(await traces.commands.imports.importTraces({ ...body, actor: principal.id }))],
      }),
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/spans",
      permission: "run:write",
      summary: "Takes over spans of traces that are here; each is a JSON text.",
      body: z.object({ spans: z.array(spanSchema).max(1_000) }),
      response: z.void(),
      handler: async ({ body }) => await traces.commands.imports.importSpans(body),
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/registered-models",
      permission: "model:write",
      scope: "handler",
      summary: "Takes over a registered model without its versions.",
      body: z.object({ model: modelSchema }),
      response: z.object({ isNew: z.boolean() }),
      async handler({ body, principal, allow }) {
        await passModel(body.model.name, allow);
        return await registry.commands.imports.importModel({ ...body, actor: principal.id });
      },
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/versions",
      permission: "model:write",
      scope: "handler",
      summary: "Takes over a version, made of the files named, which must be here already.",
      body: z.object({
        source,
        version: versionSchema,
        files: filesOfSchema.nullable(),
        address: z.string().optional(),
      }),
      response: z.object({ isNew: z.boolean() }),
      async handler({ body: { source: from, version, files: of, address }, principal, allow }) {
        await passModel(version.name, allow);
        const files = of === null ? [] : await filesBelow(of.owner, of.folder);
        return await registry.commands.imports.importVersion({
          version: { ...version, files, address },
          source: from,
          actor: principal.id,
        });
      },
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/aliases",
      permission: "model:write",
      scope: "handler",
      summary: "Points aliases that are not there yet at the versions they had; answers how many were new.",
      body: z.object({ name: z.string(), aliases: z.record(z.string(), z.int()) }),
      response: z.object({ added: z.number() }),
      async handler({ body: { name, aliases }, principal, allow }) {
        await passModel(name, allow);
        const known = await registry.named.getModel(name);
        const missing = Object.entries(aliases).filter(([alias]) => known.aliases[alias] === undefined);
        for (const [alias, number] of missing) {
          await registry.commands.named.setAlias({ name, alias, number, actor: principal.id });
        }
        return { added: missing.length };
      },
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/files",
      permission: "run:read",
      summary: "Lists every file of a run, a logged model or a trace with its digest.",
      body: z.object({ owner: ownerSchema }),
      response: z.object({
        files: z.array(z.object({ path: z.string(), digest: z.string(), sizeBytes: z.number() })),
      }),
      handler: async ({ body }) => ({ files: [...(await tracking.artifactTree(body.owner))] }),
    }),
    defineRoute({
      ...shared,
      path: "/api/v1/import/mlflow/points-digest",
      permission: "run:read",
      summary: "Answers how many measurements runs have, with a digest of each run's that no order changes.",
      body: z.object({ runIds: z.array(z.string()).max(1_000) }),
      response: z.object({
        runs: z.array(z.object({ id: z.string(), points: z.number(), digest: z.string() })),
      }),
      async handler({ body: { runIds } }) {
        const runs: { id: string; points: number; digest: string }[] = [];
        for (const id of runIds) runs.push({ id, ...(await pointsOf(id)) });
        return { runs };
      },
    }),
  ];
  return { routes };

  /** Bringing in is for whom everything is open; a grant on one model decides about that one all the same. */
  async function passModel(name: string, allow: Visit["allow"]): Promise<void> {
    await allow();
    await allow((await registry.named.projectOfModel(name)) ?? outsideProjects, modelThing(name));
  }

  async function filesBelow(owner: ArtifactOwner, folder: string): Promise<readonly VersionFile[]> {
    const prefix = folder === "" ? "" : `${folder}/`;
    const files = (await tracking.artifactTree(owner)).filter((file) => file.path.startsWith(prefix));
    return files.map((file) => ({ ...file, path: file.path.slice(prefix.length) }));
  }

  /** A run that is not here has no measurements: the reader is comparing. */
  async function pointsOf(runId: string): Promise<{ points: number; digest: string }> {
    try {
      return await tracking.pointsDigest(runId);
    } catch (error) {
      if (error instanceof Problem && error.kind === "not_found") return { points: 0, digest: "" };
      throw error;
    }
  }
}
