import { z } from "zod";

import { defineRawRoute, defineRoute, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";

import { extensionOf, imageTypes, previewArtifact } from "./artifact-preview.ts";
import type { ArtifactPreview } from "./artifact-preview.ts";
import { base } from "./route-parts.ts";
import type { RouteParts } from "./route-parts.ts";
import type { RunGate } from "./run-gate.ts";

const preview = z
  .object({
    kind: z.enum(["text", "json", "markdown", "table", "image", "page", "none"]),
    sizeBytes: z.number(),
    digest: z.string(),
    text: z.string().optional(),
    columns: z.array(z.string()).optional(),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))).optional(),
    /** There is more than this. */
    isCut: z.boolean(),
  })
  .meta({ id: "ArtifactPreview" });

/** The files of a run: listed, looked into, downloaded. */
export function artifactRoutes(parts: RouteParts, gate: RunGate): readonly Route[] {
  const { tracking } = parts;
  return [
    defineRoute({
      method: "GET",
      path: `${base}/:run/artifacts`,
      permission: "run:read",
      scope: "handler",
      summary: "Lists one folder of a run's files.",
      query: z.object({ path: z.string().default("") }),
      response: z.object({
        entries: z.array(
          z.object({
            path: z.string(),
            isFolder: z.boolean(),
            sizeBytes: z.number().nullable(),
            digest: z.string().nullable(),
          }),
        ),
      }),
      async handler({ params, query, ...asking }) {
        const run = await gate.runOf(params.project, params.run, asking);
        return { entries: [...(await tracking.listArtifacts(run.id, query.path))] };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:run/artifacts/preview`,
      permission: "run:read",
      scope: "handler",
      summary: "Shows the beginning of a file: text, or the first rows of CSV and Parquet.",
      query: z.object({ path: z.string(), rows: z.coerce.number().int().min(1).max(1_000).default(100) }),
      response: preview,
      async handler({ params, query, ...asking }) {
        const run = await gate.runOf(params.project, params.run, asking);
        const file = await tracking.openArtifact(run.id, query.path);
        const { sizeBytes, digest } = file;
        const found = await previewArtifact(parts, file, { rows: query.rows });
        return { ...shown(found), sizeBytes, digest };
      },
    }),
    defineRawRoute({
      method: "GET",
      path: `${base}/:run/artifacts/page`,
      permission: "run:read",
      scope: "handler",
      summary: "An HTML file as a page that may run its own scripts, but reach neither us nor the network.",
      async handler({ params, query, reply, ...asking }) {
        const run = await gate.runOf(params.project, params.run, asking);
        const file = await tracking.openArtifact(run.id, textOf(query["path"]));
        void reply.headers(pageHeaders);
        void reply.header("content-length", file.sizeBytes);
        return await reply.send(file.open());
      },
    }),
    defineRawRoute({
      method: ["GET", "HEAD"],
      path: `${base}/:run/artifacts/content`,
      permission: "run:read",
      scope: "handler",
      summary: "Downloads one file of a run, in whole or by range.",
      async handler({ params, query, reply, ...asking }) {
        const run = await gate.runOf(params.project, params.run, asking);
        const path = textOf(query["path"]);
        const file = await tracking.openArtifact(run.id, path);
        const mediaType = imageTypes[extensionOf(path)];
        return await sendBlob(reply, {
          ...file,
          fileName: path.slice(path.lastIndexOf("/") + 1),
          ...(mediaType === undefined ? {} : { mediaType }),
        });
      },
    }),
  ];
}

function shown(found: ArtifactPreview): Omit<z.input<typeof preview>, "sizeBytes" | "digest"> {
  if (found.kind === "table")
    return { ...found, columns: [...found.columns], rows: found.rows.map((row) => [...row]) };
  return "text" in found ? found : { ...found, isCut: false };
}

/**
 * Without `allow-same-origin` the page has an origin of its own: it sees no cookie and no storage of ours,
 * and `default-src 'none'` leaves it nothing to fetch from or send to. Only we may frame it.
 */
const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-disposition": "inline",
  "cache-control": "private, no-cache",
  "x-frame-options": "SAMEORIGIN",
  "content-security-policy": [
    "sandbox allow-scripts",
    "default-src 'none'",
    "script-src 'unsafe-inline'",
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "font-src data:",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join("; "),
};

function textOf(value: string | string[] | undefined): string {
  return typeof value === "string" ? value : "";
}
