import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import type { Digest } from "#kernel/digest";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";

import type { AppliedCharter, ApplyCharter, ObjectivesCommands } from "./commands.ts";
import { changesBetween, generate } from "./generated.ts";
import type { Generated } from "./generated.ts";
import { problems } from "./problems.ts";
import { parseProjectFile } from "./project-file.ts";
import type { ProjectFile } from "./project-file.ts";
import { createRoutes } from "./routes.ts";
import * as store from "./store.ts";

/** A project the server holds. */
export type Project = store.StoredProject;

/** One version of a project's charter, with all that follows from it. */
export interface Charter extends store.StoredCharter, Generated {
  readonly projectFile: ProjectFile;
}

export interface Objectives {
  /** Throws `project_not_found`. */
  getProject(id: string): Promise<Project>;
  /** By name. */
  listProjects(): Promise<readonly Project[]>;
  /** The newest version unless one is named. Throws `project_not_found`, `charter_version_not_found`. */
  getCharter(project: string, version?: number): Promise<Charter>;
  /** Newest first. Throws `project_not_found`. */
  listCharterVersions(project: string): Promise<readonly store.CharterVersion[]>;
  readonly commands: ObjectivesCommands;
  readonly routes: readonly Route[];
}

interface ObjectivesParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

// A charter is asked for on nearly every page and read from text in a few milliseconds.
const rememberedCharters = 64;

export function createObjectives(parts: ObjectivesParts): Objectives {
  const { db } = parts;
  const read = new Map<Digest, ProjectFile>();

  function projectFileOf({ digest, text }: store.StoredCharter): ProjectFile {
    const known = read.get(digest);
    if (known !== undefined) return known;
    const projectFile = parseProjectFile(text);
    if (read.size >= rememberedCharters) read.clear();
    read.set(digest, projectFile);
    return projectFile;
  }

  async function getProject(id: string): Promise<Project> {
    const project = await store.readProject(db, id);
    if (project !== undefined) return project;
    throw new Problem(problems.project_not_found, {
      message: `There is no project ${id}.`,
      data: { project: id },
    });
  }

  async function getCharter(id: string, version?: number): Promise<Charter> {
    const project = await getProject(id);
    const charter = await store.readCharterVersion(db, id, version);
    if (charter === undefined) {
      throw new Problem(problems.charter_version_not_found, {
        message: `The charter of ${id} has no version ${version ?? 1}; its newest is ${project.charterVersion}.`,
        data: { project: id, newest: project.charterVersion },
      });
    }
    const projectFile = projectFileOf(charter);
    return { ...charter, projectFile, ...generate(projectFile) };
  }

  const objectives: Omit<Objectives, "routes"> = {
    getProject,
    listProjects: () => store.listProjects(db),
    getCharter,
    async listCharterVersions(project) {
      await getProject(project);
      return await store.listCharterVersions(db, project);
    },
    commands: { applyCharter: (order) => applyCharter(parts, projectFileOf, order) },
  };
  return { ...objectives, routes: createRoutes(objectives) };
}

async function applyCharter(
  { db, ledger, clock }: ObjectivesParts,
  projectFileOf: (charter: store.StoredCharter) => ProjectFile,
  { text, file, project: expected, folder, actor }: ApplyCharter,
): Promise<AppliedCharter> {
  const projectFile = parseProjectFile(text, file);
  const { project } = projectFile;
  if (expected !== undefined && expected !== project) {
    throw new Problem(problems.project_name_differs, {
      message: `The project file names the project ${project}, but was put to ${expected}.`,
    });
  }
  const digest = digestOf(text);
  const nowMs = clock.nowMs();
  return await db.transaction(async () => {
    const created = await store.insertProject(db, {
      id: project,
      folder: folder ?? null,
      createdAtMs: nowMs,
    });
    await store.lockProject(db, project);
    if (created) {
      await ledger.append({
        kind: "project.created",
        subject: project,
        project,
        actor,
        data: { folder: folder ?? null },
      });
    } else if (folder !== undefined) {
      await store.moveProject(db, project, folder);
    }
    const newest = await store.readCharterVersion(db, project);
    if (newest?.digest === digest) {
      return { project, version: newest.version, digest, created, applied: false, changed: [] };
    }
    const version = (newest?.version ?? 0) + 1;
    const changed = changesBetween(newest === undefined ? null : projectFileOf(newest), projectFile);
    await store.insertCharterVersion(db, { project, version, digest, text, actor, appliedAtMs: nowMs });
    await ledger.append({
      kind: "charter.applied",
      subject: project,
      project,
      actor,
      data: { version, digest, changed },
    });
    return { project, version, digest, created, applied: true, changed };
  });
}
