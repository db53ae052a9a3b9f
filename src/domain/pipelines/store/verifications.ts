import type { Database, Migration } from "#kernel/db";
import { insertRows } from "#kernel/search";

import type { Verification, VerificationSummary, VerifiedStage } from "../verification/entities.ts";

declare module "#kernel/db" {
  interface Tables {
    pipeline_verifications: VerificationRow;
    verified_stages: VerifiedStageRow;
  }
}

export interface VerificationRow {
  id: string;
  project: string;
  /** JSON, as is `dataset_versions`. */
  targets: string;
  code_digest: string;
  dataset_versions: string;
  state: string;
  /** Why it failed as a whole. */
  failure: string | null;
  actor: string;
  job: string | null;
  created_at_ms: number;
  ended_at_ms: number | null;
}

export interface VerifiedStageRow {
  verification: string;
  position: number;
  stage: string;
  state: string;
  verdict: string | null;
  /** JSON. */
  differing: string;
  message: string | null;
  execution: string | null;
  pid: number | null;
  start_ticks: string | null;
  started_at_ms: number | null;
  ended_at_ms: number | null;
}

export const verificationMigrations: readonly Migration[] = [
  {
    id: "pipelines-verifications-001",
    statements: ({ text, integer, strict, clustered }) => [
      `create table pipeline_verifications (
        id ${text} primary key, project ${text} not null, targets ${text} not null, code_digest ${text} not null,
        dataset_versions ${text} not null, state ${text} not null, failure ${text}, actor ${text} not null,
        job ${text}, created_at_ms ${integer} not null, ended_at_ms ${integer}
      ) ${strict}`,
      `create index pipeline_verifications_project on pipeline_verifications (project, id)`,
      `create table verified_stages (
        verification ${text} not null, position ${integer} not null, stage ${text} not null, state ${text} not null,
        verdict ${text}, differing ${text} not null, message ${text}, pid ${integer}, start_ticks ${text},
        started_at_ms ${integer}, ended_at_ms ${integer}, primary key (verification, position)
      ) ${clustered}`,
    ],
  },
  {
    id: "pipelines-verifications-002",
    statements: ({ text }) => [
      `alter table verified_stages add column execution ${text}`,
      `create index verified_stages_stage on verified_stages (stage, verification)`,
    ],
  },
];

export interface NewVerificationRow {
  readonly id: string;
  readonly project: string;
  readonly targets: readonly string[];
  readonly codeDigest: string;
  readonly datasetVersions: Readonly<Record<string, string>>;
  readonly actor: string;
  readonly createdAtMs: number;
  /** In the order in which they are run. */
  readonly stages: readonly string[];
}

export async function insertVerification(db: Database, verification: NewVerificationRow): Promise<void> {
  await db.query
    .insertInto("pipeline_verifications")
    .values({
      id: verification.id,
      project: verification.project,
      targets: JSON.stringify(verification.targets),
      code_digest: verification.codeDigest,
      dataset_versions: JSON.stringify(verification.datasetVersions),
      state: "running",
      failure: null,
      actor: verification.actor,
      job: null,
      created_at_ms: verification.createdAtMs,
      ended_at_ms: null,
    })
    .execute();
  await insertRows(
    db,
    "verified_stages (verification, position, stage, state, differing)",
    verification.stages.map((stage, position) => [verification.id, position, stage, "waiting", "[]"]),
  );
}

export async function setJob(db: Database, id: string, job: string): Promise<void> {
  await db.query.updateTable("pipeline_verifications").set({ job }).where("id", "=", id).execute();
}

export async function readVerificationRow(db: Database, id: string): Promise<VerificationRow | undefined> {
  return await db.query
    .selectFrom("pipeline_verifications")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
}

export async function listVerifiedStageRows(db: Database, id: string): Promise<readonly VerifiedStageRow[]> {
  return await db.query
    .selectFrom("verified_stages")
    .selectAll()
    .where("verification", "=", id)
    .orderBy("position")
    .execute();
}

export async function readVerification(db: Database, id: string): Promise<Verification | undefined> {
  const row = await readVerificationRow(db, id);
  return row === undefined ? undefined : await complete(db, row);
}

/** Newest first; with a stage only those it is in, and what came of it. */
export async function listVerifications(
  db: Database,
  project: string,
  stage?: string,
): Promise<readonly VerificationSummary[]> {
  const chosen =
    stage === undefined
      ? undefined
      : db.query.selectFrom("verified_stages").select("verification").where("stage", "=", stage);
  const rows = await db.query
    .selectFrom("pipeline_verifications")
    .selectAll()
    .where("project", "=", project)
    .$if(chosen !== undefined, (query) => (chosen === undefined ? query : query.where("id", "in", chosen)))
    .orderBy("id", "desc")
    .limit(mostListed)
    .execute();
  const ids = rows.map(({ id }) => id);
  const counts = await countStages(db, ids);
  const stages = stage === undefined ? new Map() : await stagesNamed(db, ids, stage);
  return rows.map((row) => ({
    ...withoutStages(row),
    counts: counts.get(row.id) ?? {},
    stage: stages.get(row.id) ?? null,
  }));
}

const mostListed = 50;

/** By verdict, and by state where there is none yet. */
async function countStages(
  db: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Record<string, number>>> {
  const counts = new Map<string, Record<string, number>>();
  if (ids.length === 0) return counts;
  const rows = await db.query
    .selectFrom("verified_stages")
    .select((select) => ["verification", "state", "verdict", select.fn.countAll().as("stages")])
    .where("verification", "in", ids)
    .groupBy(["verification", "state", "verdict"])
    .execute();
  for (const { verification, state, verdict, stages } of rows)
    counts.set(verification, { ...counts.get(verification), [verdict ?? state]: Number(stages) });
  return counts;
}

async function stagesNamed(
  db: Database,
  ids: readonly string[],
  stage: string,
): Promise<Map<string, VerifiedStage>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query
    .selectFrom("verified_stages")
    .selectAll()
    .where("stage", "=", stage)
    .where("verification", "in", ids)
    .execute();
  return new Map(rows.map((row) => [row.verification, toStage(row)]));
}

/** Sets what is known of a stage; false when its verification has ended, which then stands. */
export async function setVerifiedStage(
  db: Database,
  id: string,
  position: number,
  change: Partial<Omit<VerifiedStageRow, "verification" | "position" | "stage">>,
): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("verified_stages")
    .set(change)
    .where("verification", "=", id)
    .where("position", "=", position)
    .where((is) =>
      is.exists(
        is
          .selectFrom("pipeline_verifications")
          .select("pipeline_verifications.id")
          .where("pipeline_verifications.id", "=", id)
          .where("pipeline_verifications.state", "=", "running"),
      ),
    )
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

/** False when it has ended already. */
export async function endVerification(
  db: Database,
  id: string,
  end: { readonly state: Verification["state"]; readonly failure: string | null; readonly nowMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db.query
    .updateTable("pipeline_verifications")
    .set({ state: end.state, failure: end.failure, ended_at_ms: end.nowMs })
    .where("id", "=", id)
    .where("state", "=", "running")
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

const states: readonly Verification["state"][] = ["running", "finished", "failed", "cancelled"];
const stageStates: readonly VerifiedStage["state"][] = ["waiting", "running", "done"];
const verdicts: readonly NonNullable<VerifiedStage["verdict"]>[] = [
  "reproducible",
  "differs",
  "failed",
  "not_cached",
  "elsewhere",
];

async function complete(db: Database, row: VerificationRow): Promise<Verification> {
  return { ...withoutStages(row), stages: (await listVerifiedStageRows(db, row.id)).map(toStage) };
}

function withoutStages(row: VerificationRow): Omit<Verification, "stages"> {
  return {
    id: row.id,
    project: row.project,
    targets: JSON.parse(row.targets),
    state: states.find((known) => known === row.state) ?? "failed",
    failure: row.failure,
    actor: row.actor,
    createdAtMs: row.created_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}

function toStage(row: VerifiedStageRow): VerifiedStage {
  return {
    position: row.position,
    stage: row.stage,
    state: stageStates.find((known) => known === row.state) ?? "waiting",
    verdict: verdicts.find((known) => known === row.verdict) ?? null,
    differing: JSON.parse(row.differing),
    message: row.message,
    execution: row.execution,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}
