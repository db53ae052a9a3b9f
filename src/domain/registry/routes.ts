import { Readable } from "node:stream";

import { z } from "zod";

import type { Blobs } from "#kernel/blobs";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { defineRawRoute, defineRoute, safePath, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { RegistryCommands } from "./commands.ts";
import type { ModelVersion, Registry } from "./index.ts";
import { problems } from "./problems.ts";
import { versionSchema } from "./store.ts";

const lineageSchema = z.object({
  nodes: z.array(
    z.object({ id: z.string(), kind: z.string(), label: z.string(), link: z.string().nullable() }),
  ),
  edges: z.array(z.object({ from: z.string(), to: z.string(), label: z.string() })),
});

export function createRoutes(parts: {
  readonly registry: Registry;
  readonly commands: RegistryCommands;
  readonly blobs: Blobs;
  readonly ledger: Ledger;
}): readonly Route[] {
  const { registry, commands, blobs, ledger } = parts;
  const { gate } = registry;
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/models",
      permission: "run:read",
      scope: "handler",
      summary: "The models of a project, each with its newest version",
      response: z.object({
        models: z.array(z.object({ model: z.string(), versions: z.number(), newest: versionSchema })),
      }),
      async handler({ params: { project }, ...asking }) {
        const models = await gate.only(project, await registry.listModels(project), asking);
        return { models: models.map((one) => ({ ...one, newest: present(one.newest) })) };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/models/:model/versions",
      permission: "run:read",
      scope: "handler",
      summary: "The versions of a model, newest first",
      response: z.object({ versions: z.array(versionSchema) }),
      async handler({ params: { project, model }, ...asking }) {
        await gate.pass(project, model, asking);
        return { versions: (await registry.listVersions(project, model)).map(present) };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/models/:model/versions/:version",
      permission: "run:read",
      scope: "handler",
      summary: "One version, by number or alias, with what it came from",
      response: z.object({ version: versionSchema, lineage: lineageSchema }),
      async handler({ params, ...asking }) {
        await gate.pass(params.project, params.model, asking);
        const version = await registry.findVersion(params.project, params.model, params.version);
        const lineage = await registry.lineage(version.id);
        return {
          version: present(version),
          lineage: { nodes: [...lineage.nodes], edges: [...lineage.edges] },
        };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/models/:model/aliases",
      permission: "run:read",
      scope: "handler",
      summary: "What the aliases of a model have pointed at, the newest change first",
      response: z.object({
        changes: z.array(
          z.object({
            alias: z.string(),
            number: z.number(),
            change: z.enum(["set", "removed"]),
            atMs: z.number(),
            actor: z.string(),
          }),
        ),
      }),
      async handler({ params, ...asking }) {
        await gate.pass(params.project, params.model, asking);
        const events = await ledger.list({
          project: params.project,
          kinds: ["model_alias.set", "model_alias.removed"],
          newestFirst: true,
          limit: 1_000,
        });
        return {
          changes: events.flatMap((event) =>
            (event.kind === "model_alias.set" || event.kind === "model_alias.removed") &&
            event.data.model === params.model
              ? [
                  {
                    alias: event.data.alias,
                    number: event.data.number,
                    change: event.kind === "model_alias.set" ? ("set" as const) : ("removed" as const),
                    atMs: event.atMs,
                    actor: event.actor,
                  },
                ]
              : [],
          ),
        };
      },
    }),
    defineRoute({
      method: "PUT",
      path: "/api/v1/projects/:project/models/:model/aliases/:alias",
      permission: "model:write",
      scope: "handler",
      summary: "Point an alias at a version",
      body: z.strictObject({ version: z.string() }),
      response: z.object({ version: versionSchema }),
      async handler({ params, body, principal, ...asking }) {
        await gate.pass(params.project, params.model, asking);
        const version = await registry.findVersion(params.project, params.model, body.version);
        await commands.setAlias({ versionId: version.id, alias: params.alias, actor: principal.id });
        return { version: present(await registry.getVersion(version.id)) };
      },
    }),
    defineRawRoute({
      method: "GET",
      path: "/api/v1/projects/:project/models/:model/versions/:version/files/*",
      permission: "run:read",
      scope: "handler",
      summary: "One file of a version",
      async handler({ params, reply, ...asking }) {
        await gate.pass(params.project, params.model, asking);
        const version = await registry.findVersion(params.project, params.model, params.version);
        const path = safePath(params["*"]);
        const file = version.files.find((one) => one.path === path);
        if (file === undefined) {
          throw new Problem(problems.model_version_not_found, {
            message: `Version ${version.number} of ${version.model} has no file ${path}.`,
          });
        }
        return await sendBlob(reply, {
          digest: file.digest,
          sizeBytes: file.sizeBytes,
          fileName: path.split("/").at(-1) ?? path,
          open: (range) =>
            Readable.from(
              blobs.read(
                file.digest,
                range === undefined
                  ? undefined
                  : { offset: range.start, length: range.end - range.start + 1 },
              ),
            ),
        });
      },
    }),
  ];
}

function present(version: ModelVersion): z.input<typeof versionSchema> {
  return {
    ...version,
    files: [...version.files],
    aliases: [...version.aliases],
    signature: { inputs: [...version.signature.inputs], labels: [...version.signature.labels] },
  };
}
