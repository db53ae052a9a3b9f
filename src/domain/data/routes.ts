import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { z } from "zod";

import { defineRawRoute, defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { DataCommands } from "./commands.ts";
import type { Data, DatasetVersion } from "./index.ts";
import { breachesSchema, columnsSchema, profileSchema } from "./store.ts";

const versionSchema = z.object({
  id: z.string(),
  project: z.string(),
  dataset: z.string(),
  number: z.number(),
  digest: z.string(),
  parquetDigest: z.string().nullable(),
  sizeBytes: z.number(),
  rows: z.number(),
  columns: columnsSchema,
  source: z.string(),
  parent: z.string().nullable(),
  contractDigest: z.string().nullable(),
  state: z.enum(["usable", "quarantined"]),
  breaches: breachesSchema,
  createdAtMs: z.number(),
  actor: z.string(),
});

const datasetParams = z.object({ project: z.string(), dataset: z.string() });
const versionParams = datasetParams.extend({ number: z.coerce.number().int().positive() });

export function createRoutes(data: Data, commands: DataCommands): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/datasets",
      permission: "project:read",
      summary: "The data sets of a project, each with its newest version",
      params: z.object({ project: z.string() }),
      response: z.object({
        datasets: z.array(z.object({ dataset: z.string(), versions: z.number(), newest: versionSchema })),
      }),
      handler: async ({ params }) => ({
        datasets: (await data.listDatasets(params.project)).map((one) => ({
          ...one,
          newest: present(one.newest),
        })),
      }),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/datasets/:dataset/versions",
      permission: "project:read",
      summary: "The versions of a data set, newest first",
      params: datasetParams,
      response: z.object({ versions: z.array(versionSchema) }),
      handler: async ({ params }) => ({
        versions: (await data.listVersions(params.project, params.dataset)).map(present),
      }),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/datasets/:dataset/versions/:number",
      permission: "project:read",
      summary: "One version with its profile",
      params: versionParams,
      response: z.object({ version: versionSchema, profile: profileSchema }),
      handler: async ({ params }) => {
        const version = await data.findVersion(params.project, params.dataset, params.number);
        return { version: present(version), profile: [...(await data.profile(version.id))] };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/datasets/:dataset/versions/:number/preview",
      permission: "project:read",
      summary: "The first rows of a version, values as text",
      params: versionParams,
      query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
      response: z.object({ columns: z.array(z.string()), rows: z.array(z.array(z.string().nullable())) }),
      handler: async ({ params, query }) => {
        const version = await data.findVersion(params.project, params.dataset, params.number);
        const preview = await data.preview(version.id, query.limit);
        return { columns: [...preview.columns], rows: preview.rows.map((row) => [...row]) };
      },
    }),
    defineRawRoute({
      method: "POST",
      path: "/api/v1/projects/:project/datasets/:dataset/versions",
      permission: "data:write",
      summary: "Upload a CSV as the next version",
      handler: async ({ params, principal, request, reply }) => {
        const { project, dataset } = datasetParams.parse(params);
        const folder = await mkdtemp(join(tmpdir(), "gyre-upload-"));
        try {
          const path = join(folder, "upload.csv");
          await pipeline(request.raw, createWriteStream(path));
          const order = { project, dataset, path, source: "upload", actor: principal.id };
          await reply.send({ version: present(await commands.importVersion(order)) });
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      },
    }),
  ];
}

function present(version: DatasetVersion): z.infer<typeof versionSchema> {
  return {
    ...version,
    columns: [...version.columns],
    breaches: version.breaches.map((breach) => ({ ...breach, examples: [...breach.examples] })),
  };
}
