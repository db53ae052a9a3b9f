import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";

import { z } from "zod";

import { readDeclaredContract } from "#data";
import type { Data, DatasetVersion } from "#data";
import type { DataCommands } from "#data/commands";
import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { Objectives } from "#objectives";
import type { ModelVersion, Registry } from "#registry";
import type { RegistryCommands } from "#registry/commands";

import { problems } from "./problems.ts";

export { problems } from "./problems.ts";

/** What an `apply` did; a second one of the same folder changes nothing. */
export interface AppliedFolder {
  readonly project: string;
  readonly charterVersion: number;
  readonly changed: readonly string[];
  readonly datasets: readonly { readonly version: DatasetVersion; readonly isNew: boolean }[];
  readonly baseline: ModelVersion | null;
}

export interface ProjectFolderParts {
  readonly objectives: Objectives;
  readonly data: Data & { readonly commands: DataCommands };
  readonly registry: Registry & { readonly commands: RegistryCommands };
}

/**
 * A project's folder on the server's own machine, translated onto the doors: its `gyre.yaml` becomes the
 * charter, the files of its data sources become dataset versions, its rule becomes a model version.
 */
export function createProjectFolder({ objectives, data, registry }: ProjectFolderParts): {
  apply(order: { readonly folder: string; readonly actor: string }): Promise<AppliedFolder>;
  readonly routes: readonly Route[];
} {
  async function apply(order: { folder: string; actor: string }): Promise<AppliedFolder> {
    const { folder, actor } = order;
    const charter = await objectives.commands.applyCharter({
      text: await readProjectFile(folder),
      folder,
      actor,
    });
    const { projectFile } = await objectives.getCharter(charter.project);
    const datasets: { version: DatasetVersion; isNew: boolean }[] = [];
    for (const [dataset, declaration] of Object.entries(projectFile.data)) {
      const known = (await data.listVersions(charter.project, dataset))[0];
      const contract = await readDeclaredContract(folder, declaration);
      const version = await data.commands.importVersion({
        project: charter.project,
        dataset,
        path: join(folder, declaration.source.path),
        source: `file ${declaration.source.path}`,
        actor,
        ...(contract === undefined ? {} : { contract }),
      });
      datasets.push({ version, isNew: known?.id !== version.id });
    }
    const hasBaseline = projectFile.objective?.baseline !== null && projectFile.objective !== null;
    const baseline = hasBaseline
      ? await registry.commands.registerBaseline({ project: charter.project, actor })
      : null;
    return {
      project: charter.project,
      charterVersion: charter.version,
      changed: charter.changed,
      datasets,
      baseline,
    };
  }

  return { apply, routes: [applyRoute(apply)] };
}

function applyRoute(apply: (order: { folder: string; actor: string }) => Promise<AppliedFolder>): Route {
  return defineRoute({
    method: "POST",
    path: "/api/v1/apply",
    permission: "project:write",
    summary: "Make the server agree with a project's folder on its own machine",
    body: z.strictObject({ folder: z.string() }),
    timeoutMs: 600_000,
    response: z.object({
      project: z.string(),
      charterVersion: z.number(),
      changed: z.array(z.string()),
      datasets: z.array(
        z.object({
          dataset: z.string(),
          number: z.number(),
          rows: z.number(),
          state: z.enum(["usable", "quarantined"]),
          breaches: z.array(z.string()),
          isNew: z.boolean(),
        }),
      ),
      baseline: z.object({ model: z.string(), number: z.number() }).nullable(),
    }),
    handler: async ({ body, principal }) => {
      // The server opens no path that a stranger chose: only the machine's own user may name one.
      if (principal.via !== "local" || !isAbsolute(body.folder)) {
        throw new Problem(problems.folder_refused, {
          message: `The folder ${body.folder} cannot be applied from here.`,
        });
      }
      const applied = await apply({ folder: body.folder, actor: principal.id });
      return {
        project: applied.project,
        charterVersion: applied.charterVersion,
        changed: [...applied.changed],
        datasets: applied.datasets.map(({ version, isNew }) => ({
          dataset: version.dataset,
          number: version.number,
          rows: version.rows,
          state: version.state,
          breaches: version.breaches.map((breach) => breach.message),
          isNew,
        })),
        baseline:
          applied.baseline === null
            ? null
            : { model: applied.baseline.model, number: applied.baseline.number },
      };
    },
  });
}

async function readProjectFile(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, "gyre.yaml"), "utf8");
  } catch (cause) {
    throw new Problem(problems.folder_without_project, { message: `${folder} holds no gyre.yaml.`, cause });
  }
}
