import { sql } from "kysely";
import type { RawBuilder, Selectable } from "kysely";

import type { Database, Migration } from "../db/index.ts";
import type { Job, JobFilter, JobState } from "./index.ts";

declare module "../db/index.ts" {
  interface Tables {
    jobs: JobRow;
  }
}

interface JobRow {
  id: string;
  kind: string;
  key: string | null;
  /** The key while the job is unfinished, null afterwards: what makes keys unique among unfinished jobs. */
  active_key: string | null;
  project: string | null;
  payload: string;
  state: JobState;
  /** Grows at every claim: the fence. What a worker writes about a job carries the number it claimed. */
  attempt: number;
  failures: number;
  error: string | null;
  run_at_ms: number;
  /** System time, like the lease: back-off must not wait for a simulated clock. */
  retry_at_ms: number;
  owner: string | null;
  lease_until_ms: number | null;
  created_at_ms: number;
  started_at_ms: number | null;
  finished_at_ms: number | null;
}

export const migrations: readonly Migration[] = [
  {
    id: "jobs-001",
    statements: ({ text, integer, strict }) => [
      `create table jobs (
        id ${text} primary key, kind ${text} not null, key ${text}, active_key ${text}, project ${text},
        payload ${text} not null, state ${text} not null, attempt ${integer} not null,
        failures ${integer} not null, error ${text}, run_at_ms ${integer} not null,
        retry_at_ms ${integer} not null, owner ${text}, lease_until_ms ${integer},
        created_at_ms ${integer} not null, started_at_ms ${integer}, finished_at_ms ${integer},
        check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        check ((state = 'running') = (owner is not null))
      ) ${strict}`,
      `create unique index jobs_active_key on jobs (kind, active_key)`,
      `create index jobs_state on jobs (state, kind, run_at_ms)`,
      `create index jobs_project on jobs (project, created_at_ms)`,
    ],
  },
];

/** What proves that a worker still holds a job. */
export interface Claim {
  readonly id: string;
  readonly owner: string;
  readonly attempt: number;
}

export interface JobToInsert {
  readonly id: string;
  readonly kind: string;
  readonly key: string | null;
  readonly project: string | null;
  readonly payload: string;
  readonly runAtMs: number;
  readonly nowMs: number;
}

/** The id of the inserted job, or of the unfinished one that has the key. */
export async function insertJob(db: Database, job: JobToInsert): Promise<string> {
  for (;;) {
    const inserted = await db.query
      .insertInto("jobs")
      .values({
        id: job.id,
        kind: job.kind,
        key: job.key,
        active_key: job.key,
        project: job.project,
        payload: job.payload,
        state: "queued",
        attempt: 0,
        failures: 0,
        error: null,
        run_at_ms: job.runAtMs,
        retry_at_ms: 0,
        owner: null,
        lease_until_ms: null,
        created_at_ms: job.nowMs,
        started_at_ms: null,
        finished_at_ms: null,
      })
      .onConflict((conflict) => conflict.columns(["kind", "active_key"]).doNothing())
      .returning("id")
      .executeTakeFirst();
    if (inserted !== undefined) return inserted.id;
    const first = await db.query
      .selectFrom("jobs")
      .select("id")
      .where("kind", "=", job.kind)
      .where("active_key", "=", job.key)
      .executeTakeFirst();
    // Absent when it finished between the two statements: then there is room for the new one.
    if (first !== undefined) return first.id;
  }
}

/** Takes up to `limit` due jobs of a kind for `owner`. Two owners never get the same job. */
export async function claimDueJobs(
  db: Database,
  claim: { kind: string; limit: number; owner: string; leaseMs: number; nowMs: number },
): Promise<ClaimedJob[]> {
  const now = systemNow(db);
  // Without `skip locked`, PostgreSQL's workers would queue for each other's rows; SQLite has one writer.
  const skipLocked = db.engine === "postgres" ? sql`for update skip locked` : sql``;
  const { rows } = await sql<Selectable<JobRow>>`
    update jobs set state = 'running', attempt = attempt + 1, owner = ${claim.owner},
      lease_until_ms = ${now} + ${claim.leaseMs}, started_at_ms = ${claim.nowMs}
    where id in (
      select id from jobs
      where state = 'queued' and kind = ${claim.kind} and run_at_ms <= ${claim.nowMs} and retry_at_ms <= ${now}
      order by run_at_ms, id limit ${claim.limit} ${skipLocked}
    )
    returning *`.execute(db.query);
  return rows
    .map((row) => ({ ...toJob(row), claim: { id: row.id, owner: claim.owner, attempt: row.attempt } }))
    .toSorted((a, b) => a.runAtMs - b.runAtMs);
}

export type ClaimedJob = Job & { readonly claim: Claim };

/** Prolongs the leases of these jobs and returns the claims that still hold. */
export async function extendLeases(
  db: Database,
  owner: string,
  ids: readonly string[],
  leaseMs: number,
): Promise<Claim[]> {
  const rows = await db.query
    .updateTable("jobs")
    .set({ lease_until_ms: sql<number>`${systemNow(db)} + ${leaseMs}` })
    .where("owner", "=", owner)
    .where("state", "=", "running")
    .where("id", "in", [...ids])
    .returning(["id", "attempt"])
    .execute();
  return rows.map((row) => ({ id: row.id, owner, attempt: row.attempt }));
}

/** Each of these returns whether the claim still held; when it did not, nothing was changed. */
export async function markSucceeded(db: Database, claim: Claim, nowMs: number): Promise<boolean> {
  return await endClaim(db, claim, { state: "succeeded", active_key: null, finished_at_ms: nowMs });
}

export async function markFailed(db: Database, claim: Claim, error: string, nowMs: number): Promise<boolean> {
  return await endClaim(db, claim, {
    state: "failed",
    active_key: null,
    finished_at_ms: nowMs,
    error,
    failures: sql<number>`failures + 1`,
  });
}

export async function queueAgain(
  db: Database,
  claim: Claim,
  error: string,
  delayMs: number,
): Promise<boolean> {
  return await endClaim(db, claim, {
    state: "queued",
    error,
    failures: sql<number>`failures + 1`,
    retry_at_ms: sql<number>`${systemNow(db)} + ${Math.round(delayMs)}`,
  });
}

/** The failures before this no longer count; nothing changes when the job is no longer this worker's. */
export async function forgetFailures(db: Database, claim: Claim): Promise<void> {
  await db.query
    .updateTable("jobs")
    .set({ failures: 0 })
    .where("id", "=", claim.id)
    .where("state", "=", "running")
    .where("owner", "=", claim.owner)
    .where("attempt", "=", claim.attempt)
    .execute();
}

/** Gives a job back without blame: its worker stops. */
export async function releaseClaim(db: Database, claim: Claim): Promise<boolean> {
  return await endClaim(db, claim, { state: "queued" });
}

type Ending = { [Column in keyof JobRow]?: JobRow[Column] | RawBuilder<JobRow[Column]> };

async function endClaim(db: Database, claim: Claim, ending: Ending): Promise<boolean> {
  const ended = await db.query
    .updateTable("jobs")
    .set({ ...ending, owner: null, lease_until_ms: null })
    .where("id", "=", claim.id)
    .where("state", "=", "running")
    .where("owner", "=", claim.owner)
    .where("attempt", "=", claim.attempt)
    .returning("id")
    .executeTakeFirst();
  return ended !== undefined;
}

/** Running jobs of these kinds but for `except`, the caller's own, and whether their lease has ended. */
export async function listOtherClaims(
  db: Database,
  kinds: readonly string[],
  except: ReadonlySet<string>,
): Promise<(ClaimedJob & { readonly leaseEnded: boolean })[]> {
  if (kinds.length === 0) return [];
  const rows = await db.query
    .selectFrom("jobs")
    .selectAll()
    .select(sql<number>`case when lease_until_ms < ${systemNow(db)} then 1 else 0 end`.as("ended"))
    .where("state", "=", "running")
    .where("kind", "in", [...kinds])
    .execute();
  return rows
    .filter((row) => !except.has(row.id))
    .map((row) => ({
      ...toJob(row),
      claim: { id: row.id, owner: row.owner ?? "", attempt: row.attempt },
      leaseEnded: row.ended === 1,
    }));
}

/** Kinds with due work, and how long until the next of the queued work is due. */
export async function lookAhead(
  db: Database,
  kinds: readonly string[],
  nowMs: number,
): Promise<{ dueKinds: string[]; nextInMs: number | undefined }> {
  if (kinds.length === 0) return { dueKinds: [], nextInMs: undefined };
  const now = systemNow(db);
  const due = sql`run_at_ms <= ${nowMs} and retry_at_ms <= ${now}`;
  const { rows } = await sql<{ kind: string; due: number; wait_ms: number | null }>`
    select kind, sum(case when ${due} then 1 else 0 end) as due,
      min(case when ${due} then null when run_at_ms > ${nowMs} then run_at_ms - ${nowMs}
        else retry_at_ms - ${now} end) as wait_ms
    from jobs where state = 'queued' and kind in (${sql.join([...kinds])}) group by kind`.execute(db.query);
  const waits = rows.flatMap((row) => (row.wait_ms === null ? [] : [row.wait_ms]));
  return {
    dueKinds: rows.filter((row) => row.due > 0).map(({ kind }) => kind),
    nextInMs: waits.length === 0 ? undefined : Math.min(...waits),
  };
}

/**
 * A number that changes when another process has written to the embedded file, and not when this one has
 * (`PRAGMA data_version`); undefined for a server's database, which does not tell.
 */
export async function countOthersChanges(db: Database): Promise<number | undefined> {
  if (db.engine !== "sqlite") return undefined;
  const { rows } = await sql<{ version: number }>`
    select data_version as version from pragma_data_version`.execute(db.query);
  return rows[0]?.version ?? 0;
}

export async function readJob(db: Database, id: string): Promise<Job | undefined> {
  const row = await db.query.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toJob(row);
}

export async function listJobs(db: Database, filter: JobFilter): Promise<Job[]> {
  let query = db.query.selectFrom("jobs").selectAll();
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
  if (filter.project !== undefined) query = query.where("project", "=", filter.project);
  const rows = await query
    .orderBy("created_at_ms", "desc")
    .orderBy("id", "desc")
    .limit(filter.limit ?? 100)
    .execute();
  return rows.map(toJob);
}

export async function cancelJob(db: Database, id: string, nowMs: number): Promise<boolean> {
  const cancelled = await db.query
    .updateTable("jobs")
    .set({ state: "cancelled", active_key: null, owner: null, lease_until_ms: null, finished_at_ms: nowMs })
    .where("id", "=", id)
    .where("state", "in", ["queued", "running"])
    .returning("id")
    .executeTakeFirst();
  return cancelled !== undefined;
}

/** False when it has not failed, or when a younger job has its key. */
export async function reviveJob(db: Database, id: string, nowMs: number): Promise<boolean> {
  const revived = await db.query
    .updateTable("jobs")
    .set({
      state: "queued",
      failures: 0,
      retry_at_ms: 0,
      run_at_ms: nowMs,
      finished_at_ms: null,
      active_key: sql<string | null>`key`,
    })
    .where("id", "=", id)
    .where("state", "in", ["failed", "cancelled"])
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom("jobs as younger")
            .select("younger.id")
            .whereRef("younger.kind", "=", "jobs.kind")
            .whereRef("younger.active_key", "=", "jobs.key"),
        ),
      ),
    )
    .returning("id")
    .executeTakeFirst();
  return revived !== undefined;
}

export async function deleteFinished(db: Database, beforeMs: number): Promise<number> {
  const deleted = await db.query
    .deleteFrom("jobs")
    .where("state", "in", ["succeeded", "cancelled"])
    .where("finished_at_ms", "<", beforeMs)
    .returning("id")
    .execute();
  return deleted.length;
}

/**
 * The time leases are measured by: the database server's on PostgreSQL, so that the clocks of
 * several machines need not agree; this machine's on SQLite. Never the injected clock.
 */
function systemNow(db: Database): RawBuilder<number> {
  if (db.engine === "sqlite") return sql<number>`${Date.now()}`;
  return sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
}

function toJob(row: Selectable<JobRow>): Job {
  return {
    id: row.id,
    kind: row.kind,
    key: row.key,
    project: row.project,
    payload: JSON.parse(row.payload),
    state: row.state,
    attempt: row.attempt,
    failures: row.failures,
    error: row.error,
    runAtMs: row.run_at_ms,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
  };
}
