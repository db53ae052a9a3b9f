import { sql } from "kysely";
import { z } from "zod";

import type { HeldBlob } from "#kernel/blobs";
import type { Database, Migration } from "#kernel/db";
import { inPages, rowsPerPage } from "#kernel/search";
import { metrics } from "#objectives";
import type { Gate, Metric, RolloutStep } from "#objectives";

import type { GateResult, Release, ReleaseState } from "./index.ts";
import { releaseNotFound } from "./problems.ts";

declare module "#kernel/db" {
  interface Tables {
    releases: ReleaseRow;
  }
}

interface ReleaseRow {
  id: string;
  project: string;
  environment: string;
  model_version_id: string;
  model: string;
  number: number;
  state: string;
  requested_by: string;
  requested_at_ms: number;
  author: string;
  reason: string;
  threshold: number | null;
  threshold_curve: string;
  gates: string;
  evidence_digest: string | null;
  judged_at_ms: number | null;
  approvals_needed: number;
  approvals: string;
  exception: string | null;
  steps: string;
  current_step: number | null;
  step_started_at_ms: number | null;
  replaces: string | null;
  live_at_ms: number | null;
  ended_at_ms: number | null;
  end_reason: string | null;
}

export const migrations: readonly Migration[] = [
  {
    id: "delivery-001",
    statements: ({ text, integer, real, strict }) => [
      `create table releases (
        id ${text} primary key, project ${text} not null, environment ${text} not null,
        model_version_id ${text} not null, model ${text} not null, number ${integer} not null,
        state ${text} not null, requested_by ${text} not null, requested_at_ms ${integer} not null,
        author ${text} not null, reason ${text} not null, threshold ${real}, threshold_curve ${text} not null,
        gates ${text} not null, evidence_digest ${text}, judged_at_ms ${integer},
        approvals_needed ${integer} not null, approvals ${text} not null, exception ${text},
        steps ${text} not null, current_step ${integer}, step_started_at_ms ${integer}, replaces ${text},
        live_at_ms ${integer}, ended_at_ms ${integer}, end_reason ${text}
      ) ${strict}`,
      `create index releases_project on releases (project, environment, state)`,
    ],
  },
  {
    // What the rules promise, promised by the table too.
    id: "delivery-002",
    statements: () => [
      `create unique index releases_live on releases (project, environment) where state = 'live'`,
      `create unique index releases_rolling on releases (project, environment) where state = 'rolling_out'`,
    ],
  },
];

/** The evidence that releases were judged on. */
export async function* blobsInUse(db: Database): AsyncIterable<HeldBlob> {
  const rows = inPages<Pick<ReleaseRow, "id" | "evidence_digest">>(
    async (after) =>
      await db.query
        .selectFrom("releases")
        .select(["id", "evidence_digest"])
        .where("id", ">", after?.id ?? "")
        .orderBy("id")
        .limit(rowsPerPage)
        .execute(),
  );
  for await (const { evidence_digest: digest } of rows) if (digest !== null) yield { digest, isTree: false };
}

/** Where a release goes: of each there is one live release and one on its way at most. */
export interface Place {
  readonly project: string;
  readonly environment: string;
}

/**
 * Makes changes of one environment take turns until the transaction ends. SQLite's transactions take
 * turns anyway.
 */
export async function lockEnvironment(db: Database, { project, environment }: Place): Promise<void> {
  if (db.engine !== "postgres") return;
  const name = JSON.stringify(["release", project, environment]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(db.query);
}

/** Writes the whole release; the caller's transaction holds the read it is based on. */
export async function saveRelease(db: Database, release: Release): Promise<void> {
  const row = toRow(release);
  const { id: _, ...changed } = row;
  await db.query
    .insertInto("releases")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(changed))
    .execute();
}

/** Throws `release_not_found`. */
export async function getRelease(db: Database, id: string): Promise<Release> {
  const row = await db.query.selectFrom("releases").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw releaseNotFound(id);
  return toRelease(row);
}

/** The release as it is once no other transaction changes its environment any more. */
export async function claimRelease(db: Database, id: string): Promise<Release> {
  await lockEnvironment(db, await getRelease(db, id));
  return await getRelease(db, id);
}

/** The one release of a place in a state there is at most one of. */
export async function findOne(
  db: Database,
  { project, environment }: Place,
  state: "live" | "rolling_out",
): Promise<Release | undefined> {
  return (await readReleases(db, { project, environment, states: [state] }))[0];
}

export async function readModelsOfReleases(
  db: Database,
  project: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.query
    .selectFrom("releases")
    .select(["id", "model"])
    .where("project", "=", project)
    .execute();
  return new Map(rows.map(({ id, model }) => [id, model]));
}

/** Newest first. */
export async function readReleases(
  db: Database,
  filter: {
    readonly project?: string;
    readonly environment?: string;
    readonly states?: readonly ReleaseState[];
  },
): Promise<Release[]> {
  let query = db.query.selectFrom("releases").selectAll();
  if (filter.project !== undefined) query = query.where("project", "=", filter.project);
  if (filter.environment !== undefined) query = query.where("environment", "=", filter.environment);
  if (filter.states !== undefined) query = query.where("state", "in", [...filter.states]);
  const rows = await query.orderBy("requested_at_ms", "desc").orderBy("id", "desc").execute();
  return rows.map(toRelease);
}

function toRow(release: Release): ReleaseRow {
  return {
    id: release.id,
    project: release.project,
    environment: release.environment,
    model_version_id: release.modelVersionId,
    model: release.model,
    number: release.number,
    state: release.state,
    requested_by: release.requestedBy,
    requested_at_ms: release.requestedAtMs,
    author: release.author,
    reason: release.reason,
    threshold: release.threshold,
    threshold_curve: JSON.stringify(release.thresholdCurve),
    gates: JSON.stringify(release.gates),
    evidence_digest: release.evidenceDigest,
    judged_at_ms: release.judgedAtMs,
    approvals_needed: release.approvalsNeeded,
    approvals: JSON.stringify(release.approvals),
    exception: release.exception === null ? null : JSON.stringify(release.exception),
    steps: JSON.stringify(release.steps),
    current_step: release.currentStep,
    step_started_at_ms: release.stepStartedAtMs,
    replaces: release.replaces,
    live_at_ms: release.liveAtMs,
    ended_at_ms: release.endedAtMs,
    end_reason: release.endReason,
  };
}

const verdict = z.enum(["passed", "failed", "inconclusive"]);
const interval = z.tuple([z.number(), z.number()]).nullable();
const sliceSchema = z.object({
  slice: z.string(),
  verdict,
  value: z.number().nullable(),
  interval,
  n: z.number(),
});
const isMetric = (name: string): name is Metric => Object.hasOwn(metrics, name);
const gateSchema: z.ZodType<Gate> = z.object({
  id: z.string(),
  metric: z.string().refine(isMetric),
  requirement: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("threshold"),
      comparison: z.enum([">=", ">", "<=", "<"]),
      threshold: z.number(),
    }),
    z.object({ kind: z.literal("better_than"), betterThan: z.literal("baseline"), byShare: z.number() }),
  ]),
  forEach: z.string().nullable(),
  source: z.object({ file: z.string(), line: z.number(), column: z.number() }),
  sentence: z.string(),
});
const gateResultSchema: z.ZodType<GateResult> = z.object({
  gate: gateSchema,
  verdict,
  value: z.number().nullable(),
  interval,
  n: z.number(),
  bound: z.number().nullable(),
  baseline: z.number().nullable(),
  slices: z.array(sliceSchema),
  finding: z.string(),
});
const stepSchema: z.ZodType<RolloutStep> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("shadow"), durationMs: z.number() }),
  z.object({ kind: z.literal("canary"), share: z.number(), durationMs: z.number() }),
  z.object({ kind: z.literal("all") }),
]);
const stateSchema: z.ZodType<ReleaseState> = z.enum([
  "judging",
  "refused",
  "awaiting_approval",
  "declined",
  "rolling_out",
  "live",
  "superseded",
  "rolled_back",
]);

/** The release as it is stored and as it travels: one schema for the database and for HTTP. */
export const releaseSchema = z.object({
  id: z.string(),
  project: z.string(),
  environment: z.string(),
  modelVersionId: z.string(),
  model: z.string(),
  number: z.number(),
  state: stateSchema,
  requestedBy: z.string(),
  requestedAtMs: z.number(),
  author: z.string(),
  reason: z.string(),
  threshold: z.number().nullable(),
  thresholdCurve: z.array(z.object({ threshold: z.number(), costPerPrediction: z.number() })),
  gates: z.array(gateResultSchema),
  evidenceDigest: z.string().nullable(),
  judgedAtMs: z.number().nullable(),
  approvalsNeeded: z.number(),
  approvals: z.array(z.object({ by: z.string(), atMs: z.number(), note: z.string().nullable() })),
  exception: z.object({ by: z.string(), reason: z.string() }).nullable(),
  steps: z.array(stepSchema),
  currentStep: z.number().nullable(),
  stepStartedAtMs: z.number().nullable(),
  replaces: z.string().nullable(),
  liveAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  endReason: z.string().nullable(),
}) satisfies z.ZodType<Release>;

function toRelease(row: ReleaseRow): Release {
  return releaseSchema.parse({
    id: row.id,
    project: row.project,
    environment: row.environment,
    modelVersionId: row.model_version_id,
    model: row.model,
    number: row.number,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAtMs: row.requested_at_ms,
    author: row.author,
    reason: row.reason,
    threshold: row.threshold,
    thresholdCurve: JSON.parse(row.threshold_curve),
    gates: JSON.parse(row.gates),
    evidenceDigest: row.evidence_digest,
    judgedAtMs: row.judged_at_ms,
    approvalsNeeded: row.approvals_needed,
    approvals: JSON.parse(row.approvals),
    exception: row.exception === null ? null : JSON.parse(row.exception),
    steps: JSON.parse(row.steps),
    currentStep: row.current_step,
    stepStartedAtMs: row.step_started_at_ms,
    replaces: row.replaces,
    liveAtMs: row.live_at_ms,
    endedAtMs: row.ended_at_ms,
    endReason: row.end_reason,
  });
}
