import type { Database } from "#kernel/db";

import type { Study, StudyState } from "../entities.ts";
import type { StudyRow } from "./schema.ts";

export async function insertStudy(db: Database, study: Study): Promise<void> {
  await db.query
    .insertInto("studies")
    .values({
      id: study.id,
      project: study.project,
      name: study.name,
      declaration: JSON.stringify(study.declaration),
      state: study.state,
      reason: study.reason,
      wanted_trials: study.wantedTrials,
      code_digest: study.codeDigest,
      dataset_versions: JSON.stringify(study.datasetVersions),
      run_id: study.runId,
      actor: study.actor,
      created_at_ms: study.createdAtMs,
      ended_at_ms: null,
      failures_count_from: study.failuresCountFrom,
      claim: 0,
      stop_requested: 0,
    })
    .execute();
}

export async function readStudy(db: Database, id: string): Promise<Study | undefined> {
  const row = await db.query.selectFrom("studies").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toStudy(row);
}

/** The newest of that name. */
export async function findStudyByName(
  db: Database,
  project: string,
  name: string,
): Promise<Study | undefined> {
  const row = await db.query
    .selectFrom("studies")
    .selectAll()
    .where("project", "=", project)
    .where("name", "=", name)
    .orderBy("id", "desc")
    .executeTakeFirst();
  return row === undefined ? undefined : toStudy(row);
}

/** Newest first. */
export async function listStudies(
  db: Database,
  project: string,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<readonly Study[]> {
  let query = db.query.selectFrom("studies").selectAll().where("project", "=", project);
  if (page.before !== undefined) query = query.where("id", "<", page.before);
  return (await query.orderBy("id", "desc").limit(page.limit).execute()).map(toStudy);
}

/** Takes the study over: those that worked on it before can no longer write. Undefined when it has ended. */
export async function claimStudy(
  db: Database,
  id: string,
): Promise<{ readonly study: Study; readonly claim: number } | undefined> {
  const row = await db.query.selectFrom("studies").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined || row.state !== "running") return undefined;
  const claim = row.claim + 1;
  await db.query.updateTable("studies").set({ claim }).where("id", "=", id).execute();
  return { study: toStudy(row), claim };
}

/** Locks the row until the transaction ends. False when another has taken the study over, or it has ended. */
export async function holdsStudy(db: Database, id: string, claim: number): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("studies")
    .set({ claim })
    .where("id", "=", id)
    .where("claim", "=", claim)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

export async function requestStop(db: Database, id: string): Promise<void> {
  await db.query.updateTable("studies").set({ stop_requested: 1 }).where("id", "=", id).execute();
}

export async function isStopRequested(db: Database, id: string): Promise<boolean> {
  const row = await db.query
    .selectFrom("studies")
    .select("stop_requested")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.stop_requested === 1;
}

export async function setReason(db: Database, id: string, reason: string): Promise<void> {
  await db.query.updateTable("studies").set({ reason }).where("id", "=", id).execute();
}

export async function endStudy(
  db: Database,
  id: string,
  end: { readonly state: Exclude<StudyState, "running">; readonly reason: string; readonly nowMs: number },
): Promise<void> {
  await db.query
    .updateTable("studies")
    .set({ state: end.state, reason: end.reason, ended_at_ms: end.nowMs, stop_requested: 0 })
    .where("id", "=", id)
    .execute();
}

/** Sets an ended study running again; false when somebody else has done so meanwhile. */
export async function reopenStudy(
  db: Database,
  id: string,
  again: { readonly reason: string; readonly wantedTrials: number; readonly failuresCountFrom: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("studies")
    .set({
      state: "running",
      reason: again.reason,
      wanted_trials: again.wantedTrials,
      failures_count_from: again.failuresCountFrom,
      ended_at_ms: null,
      stop_requested: 0,
    })
    .where("id", "=", id)
    .where("state", "<>", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

const states: readonly StudyState[] = ["running", "finished", "stopped", "failed"];

function toStudy(row: StudyRow): Study {
  const state = states.find((known) => known === row.state);
  if (state === undefined) throw new Error(`a study has the unknown state ${row.state}`);
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    declaration: JSON.parse(row.declaration),
    state,
    reason: row.reason,
    wantedTrials: row.wanted_trials,
    codeDigest: row.code_digest,
    datasetVersions: JSON.parse(row.dataset_versions),
    runId: row.run_id,
    actor: row.actor,
    createdAtMs: row.created_at_ms,
    endedAtMs: row.ended_at_ms,
    failuresCountFrom: row.failures_count_from,
  };
}
