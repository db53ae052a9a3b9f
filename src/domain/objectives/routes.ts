import { isAbsolute } from "node:path";

import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import { faultsOf } from "#kernel/yaml";

import { describe } from "./describe.ts";
import { changesBetween, generate } from "./generated.ts";
import { projectFileJsonSchema } from "./json-schema.ts";
import type { Charter, Objectives } from "./module.ts";
import {
  presentedApplication,
  presentedCharter,
  presentedCharterVersion,
  presentedCheck,
  presentedProject,
} from "./presented.ts";
import { problems } from "./problems.ts";
import { parseProjectFile } from "./project-file.ts";
import type { ProjectFile } from "./project-file.ts";

type Doors = Omit<Objectives, "routes">;

export function createRoutes(objectives: Doors): Route[] {
  return [...projectRoutes(objectives), ...readCharterRoutes(objectives), ...writeCharterRoutes(objectives)];
}

function projectRoutes(objectives: Doors): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects",
      permission: "project:read",
      scope: "handler",
      summary: "The projects I may see",
      tags: ["project"],
      response: z.object({ projects: z.array(presentedProject) }),
      handler: async ({ onlyAllowed }) => ({
        projects: await onlyAllowed(await objectives.listProjects(), ({ id }) => id),
      }),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project",
      permission: "project:read",
      summary: "One project",
      tags: ["project"],
      response: presentedProject,
      handler: ({ params }) => objectives.getProject(params.project),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/gyre.schema.json",
      permission: "public",
      summary: "The JSON Schema of gyre.yaml, for editors",
      tags: ["project"],
      response: z.record(z.string(), z.unknown()),
      handler: async () => projectFileJsonSchema(),
    }),
  ];
}

function readCharterRoutes(objectives: Doors): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/charter",
      permission: "project:read",
      summary: "A charter and the gates, monitors and policies that follow from it",
      tags: ["charter"],
      query: z.object({ version: z.coerce.number().int().min(1).optional() }),
      response: presentedCharter,
      handler: async ({ params, query }) =>
        present(await objectives.getCharter(params.project, query.version)),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/charter/versions",
      permission: "project:read",
      summary: "Every version of a charter, newest first",
      tags: ["charter"],
      response: z.object({ versions: z.array(presentedCharterVersion).readonly() }),
      handler: async ({ params }) => ({ versions: await objectives.listCharterVersions(params.project) }),
    }),
  ];
}

const yaml = z.string().max(1_048_576);
const folder = z.string().refine(isAbsolute, "an absolute path");

function writeCharterRoutes(objectives: Doors): Route[] {
  return [
    defineRoute({
      method: "PUT",
      path: "/api/v1/projects/:project/charter",
      permission: "project:write",
      summary: "Make the server agree with a project file; the same text again changes nothing",
      tags: ["charter"],
      body: z.strictObject({ yaml, folder: folder.optional() }),
      bodyLimitBytes: 2_097_152,
      response: presentedApplication,
      async handler({ params, body, principal }) {
        // A folder is a path on this disk, from which files are read: only someone who sits at it may name one.
        if (body.folder !== undefined && principal.via !== "local") {
          throw new Problem(problems.project_folder_refused, {
            message: "The folder of a project can be named only from the server's own machine.",
          });
        }
        return await objectives.commands.applyCharter({
          text: body.yaml,
          project: params.project,
          ...(body.folder === undefined ? {} : { folder: body.folder }),
          actor: principal.id,
        });
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/charter/check",
      permission: "project:read",
      summary: "What a project file would generate and change, or everything that is wrong with it",
      tags: ["charter"],
      body: z.strictObject({ yaml }),
      bodyLimitBytes: 2_097_152,
      response: presentedCheck,
      handler: ({ params, body }) => check(objectives, params.project, body.yaml),
    }),
  ];
}

function present(charter: Charter): z.input<typeof presentedCharter> {
  return { ...charter, yaml: charter.text, description: describe(charter.projectFile) };
}

async function check(
  objectives: Doors,
  project: string,
  text: string,
): Promise<z.input<typeof presentedCheck>> {
  try {
    const projectFile = parseProjectFile(text);
    const before = await newestOf(objectives, project);
    return {
      valid: true,
      faults: [],
      generated: generate(projectFile),
      description: describe(projectFile),
      changes: changesBetween(before, projectFile),
    };
  } catch (error) {
    if (!(error instanceof Problem) || error.definition !== problems.project_file_invalid) throw error;
    return { valid: false, faults: faultsOf(error), generated: null, description: [], changes: [] };
  }
}

async function newestOf(objectives: Doors, project: string): Promise<ProjectFile | null> {
  const known = (await objectives.listProjects()).some(({ id }) => id === project);
  return known ? (await objectives.getCharter(project)).projectFile : null;
}
