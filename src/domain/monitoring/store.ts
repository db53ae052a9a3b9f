import { z } from "zod";

import type { Database, Migration } from "#kernel/db";

import type { Incident } from "./entities.ts";
import { incidentSchema } from "./schemas.ts";
import type { WindowCounts } from "./windows.ts";

declare module "#kernel/db" {
  interface Tables {
    monitor_progress: ProgressRow;
    monitor_windows: WindowRow;
    monitor_drift_windows: DriftWindowRow;
    monitor_references: {
      project: string;
      release_id: string;
      from_ms: number;
      until_ms: number;
      reference: string;
    };
    monitor_notices: { project: string; release_id: string; feature: string; at_ms: number };
    incidents: IncidentRow;
  }
}

interface ProgressRow {
  project: string;
  /** Counts what may change windows; an evaluation catches up with the number it read first. */
  revision: number;
  evaluated_revision: number;
  evaluated_until_ms: number | null;
  /** The earliest prediction whose outcome changed since the last evaluation. */
  dirty_from_ms: number | null;
  shape: string | null;
}

interface WindowRow {
  project: string;
  release_id: string;
  model_version_id: string;
  role: string;
  segment: string;
  start_ms: number;
  predictions: number;
  outcomes: number;
  true_positive: number;
  false_positive: number;
  false_negative: number;
  true_negative: number;
  decisions: number;
  slow: number;
  latency: string;
  restated: number;
  as_of_ms: number;
}

interface DriftWindowRow {
  project: string;
  release_id: string;
  start_ms: number;
  counts: string;
}

interface IncidentRow {
  id: string;
  project: string;
  kind: string;
  state: string;
  release_id: string;
  opened_at_ms: number;
  body: string;
}

export const migrations: readonly Migration[] = [
  {
    id: "monitoring-001",
    statements: ({ text, integer, strict }) => [
      `create table monitor_progress (
        project ${text} primary key, revision ${integer} not null, evaluated_revision ${integer} not null,
        evaluated_until_ms ${integer}, dirty_from_ms ${integer}, shape ${text}
      ) ${strict}`,
      `create table monitor_windows (
        project ${text} not null, release_id ${text} not null, model_version_id ${text} not null,
        role ${text} not null, segment ${text} not null, start_ms ${integer} not null,
        predictions ${integer} not null, outcomes ${integer} not null, true_positive ${integer} not null,
        false_positive ${integer} not null, false_negative ${integer} not null, true_negative ${integer} not null,
        decisions ${integer} not null, slow ${integer} not null,
        latency ${text} not null, restated ${integer} not null, as_of_ms ${integer} not null,
        primary key (project, release_id, role, segment, start_ms)
      ) ${strict}`,
      `create table monitor_drift_windows (
        project ${text} not null, release_id ${text} not null, start_ms ${integer} not null, counts ${text} not null,
        primary key (project, release_id, start_ms)
      ) ${strict}`,
      `create table monitor_references (
        project ${text} not null, release_id ${text} not null, from_ms ${integer} not null,
        until_ms ${integer} not null, reference ${text} not null, primary key (project, release_id)
      ) ${strict}`,
      `create table monitor_notices (
        project ${text} not null, release_id ${text} not null, feature ${text} not null, at_ms ${integer} not null,
        primary key (project, release_id, feature)
      ) ${strict}`,
      `create table incidents (
        id ${text} primary key, project ${text} not null, kind ${text} not null, state ${text} not null,
        release_id ${text} not null, opened_at_ms ${integer} not null, body ${text} not null
      ) ${strict}`,
      `create index incidents_project on incidents (project, opened_at_ms)`,
    ],
  },
];

export interface Progress {
  readonly revision: number;
  readonly evaluatedRevision: number;
  readonly evaluatedUntilMs: number | null;
  readonly dirtyFromMs: number | null;
  readonly shape: string | null;
}

const noProgress: Progress = {
  revision: 0,
  evaluatedRevision: 0,
  evaluatedUntilMs: null,
  dirtyFromMs: null,
  shape: null,
};

export async function readProgress(db: Database, project: string): Promise<Progress> {
  const row = await db.query
    .selectFrom("monitor_progress")
    .selectAll()
    .where("project", "=", project)
    .executeTakeFirst();
  if (row === undefined) return noProgress;
  return {
    revision: row.revision,
    evaluatedRevision: row.evaluated_revision,
    evaluatedUntilMs: row.evaluated_until_ms,
    dirtyFromMs: row.dirty_from_ms,
    shape: row.shape,
  };
}

/** Says that windows from `fromMs` on may be counted otherwise now. Returns the number of the change. */
export async function markChanged(db: Database, project: string, fromMs: number | null): Promise<number> {
  return await db.transaction(async () => {
    const before = await readProgress(db, project);
    const revision = before.revision + 1;
    await saveProgress(db, project, {
      ...before,
      revision,
      dirtyFromMs: earlier(before.dirtyFromMs, fromMs),
    });
    return revision;
  });
}

/** Changes that came while an evaluation ran stay marked. */
export async function markEvaluated(
  db: Database,
  project: string,
  done: { readonly revision: number; readonly untilMs: number; readonly shape: string },
): Promise<void> {
  const now = await readProgress(db, project);
  await saveProgress(db, project, {
    revision: now.revision,
    evaluatedRevision: done.revision,
    evaluatedUntilMs: done.untilMs,
    dirtyFromMs: now.revision === done.revision ? null : now.dirtyFromMs,
    shape: done.shape,
  });
}

async function saveProgress(db: Database, project: string, progress: Progress): Promise<void> {
  const columns = {
    revision: progress.revision,
    evaluated_revision: progress.evaluatedRevision,
    evaluated_until_ms: progress.evaluatedUntilMs,
    dirty_from_ms: progress.dirtyFromMs,
    shape: progress.shape,
  };
  await db.query
    .insertInto("monitor_progress")
    .values({ project, ...columns })
    .onConflict((conflict) => conflict.column("project").doUpdateSet(columns))
    .execute();
}

function earlier(first: number | null, second: number | null): number | null {
  if (first === null || second === null) return first ?? second;
  return Math.min(first, second);
}

export interface WindowFilter {
  readonly project: string;
  /** `""` for the line as a whole, whatever release answered. */
  readonly releaseId?: string;
  readonly modelVersionId?: string;
  readonly role?: "answered" | "shadow";
  /** `""` for all rows. */
  readonly segment?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
}

export async function readWindows(db: Database, filter: WindowFilter): Promise<WindowCounts[]> {
  let query = db.query.selectFrom("monitor_windows").selectAll().where("project", "=", filter.project);
  if (filter.releaseId !== undefined) query = query.where("release_id", "=", filter.releaseId);
  if (filter.modelVersionId !== undefined)
    query = query.where("model_version_id", "=", filter.modelVersionId);
  if (filter.role !== undefined) query = query.where("role", "=", filter.role);
  if (filter.segment !== undefined) query = query.where("segment", "=", filter.segment);
  if (filter.fromMs !== undefined) query = query.where("start_ms", ">=", filter.fromMs);
  if (filter.toMs !== undefined) query = query.where("start_ms", "<", filter.toMs);
  const rows = await query.orderBy("start_ms").orderBy("release_id").orderBy("segment").execute();
  return rows.map(toWindowCounts);
}

export async function saveWindows(
  db: Database,
  project: string,
  windows: readonly WindowCounts[],
): Promise<void> {
  for (let from = 0; from < windows.length; from += windowsPerStatement) {
    const rows = windows
      .slice(from, from + windowsPerStatement)
      .map((window) => toWindowRow(project, window));
    await db.query
      .insertInto("monitor_windows")
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(["project", "release_id", "role", "segment", "start_ms"]).doUpdateSet((eb) => ({
          model_version_id: eb.ref("excluded.model_version_id"),
          predictions: eb.ref("excluded.predictions"),
          outcomes: eb.ref("excluded.outcomes"),
          true_positive: eb.ref("excluded.true_positive"),
          false_positive: eb.ref("excluded.false_positive"),
          false_negative: eb.ref("excluded.false_negative"),
          true_negative: eb.ref("excluded.true_negative"),
          decisions: eb.ref("excluded.decisions"),
          slow: eb.ref("excluded.slow"),
          latency: eb.ref("excluded.latency"),
          restated: eb.ref("excluded.restated"),
          as_of_ms: eb.ref("excluded.as_of_ms"),
        })),
      )
      .execute();
  }
}

// 18 columns each; SQLite takes 32,766 values in a statement.
const windowsPerStatement = 500;

/** Windows counted by another plan mean something else: they go, and all are counted anew. */
export async function forgetWindows(db: Database, project: string): Promise<void> {
  await db.query.deleteFrom("monitor_windows").where("project", "=", project).execute();
  await db.query.deleteFrom("monitor_drift_windows").where("project", "=", project).execute();
  await db.query.deleteFrom("monitor_references").where("project", "=", project).execute();
}

function toWindowRow(project: string, window: WindowCounts): WindowRow {
  return {
    project,
    release_id: window.releaseId,
    model_version_id: window.modelVersionId,
    role: window.role,
    segment: window.segment,
    start_ms: window.startMs,
    predictions: window.predictions,
    outcomes: window.outcomes,
    true_positive: window.truePositive,
    false_positive: window.falsePositive,
    false_negative: window.falseNegative,
    true_negative: window.trueNegative,
    decisions: window.decisions,
    slow: window.slow,
    latency: JSON.stringify(window.latencyQuantilesMs),
    restated: window.restated,
    as_of_ms: window.asOfMs,
  };
}

const numbers = z.array(z.number());

function toWindowCounts(row: WindowRow): WindowCounts {
  return {
    releaseId: row.release_id,
    modelVersionId: row.model_version_id,
    role: row.role === "shadow" ? "shadow" : "answered",
    segment: row.segment,
    startMs: row.start_ms,
    predictions: row.predictions,
    outcomes: row.outcomes,
    truePositive: row.true_positive,
    falsePositive: row.false_positive,
    falseNegative: row.false_negative,
    trueNegative: row.true_negative,
    decisions: row.decisions,
    slow: row.slow,
    latencyQuantilesMs: numbers.parse(JSON.parse(row.latency)),
    restated: row.restated,
    asOfMs: row.as_of_ms,
  };
}

export async function readIncidents(
  db: Database,
  filter: {
    readonly project?: string;
    readonly state?: Incident["state"];
    readonly id?: string;
    readonly ids?: readonly string[];
  },
): Promise<Incident[]> {
  let query = db.query.selectFrom("incidents").selectAll();
  if (filter.project !== undefined) query = query.where("project", "=", filter.project);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.id !== undefined) query = query.where("id", "=", filter.id);
  if (filter.ids !== undefined) query = query.where("id", "in", [...filter.ids]);
  const rows = await query.orderBy("opened_at_ms", "desc").orderBy("id", "desc").execute();
  return rows.map(({ body }) => incidentSchema.parse(JSON.parse(body)));
}

export async function saveIncident(db: Database, incident: Incident): Promise<void> {
  const { id, project, kind, state, releaseId, openedAtMs } = incident;
  const columns = {
    kind,
    state,
    release_id: releaseId,
    opened_at_ms: openedAtMs,
    body: JSON.stringify(incident),
  };
  await db.query
    .insertInto("incidents")
    .values({ id, project, ...columns })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(columns))
    .execute();
}
