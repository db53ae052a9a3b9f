import { join } from "node:path";

import { z } from "zod";

import { dayMs } from "#kernel/clock";
import { readLogSql } from "#kernel/columnar";
import type { Analyst, LogTable } from "#kernel/columnar";
import type { Blobs } from "#kernel/blobs";
import type { Database } from "#kernel/db";
import { idTimeMs } from "#kernel/ids";

/** The log of outcomes as a table. Every observation is a line; the latest of a prediction counts. */
export function outcomeLog(folder: string): LogTable {
  return {
    name: "outcomes",
    folder: join(folder, "outcomes"),
    key: "prediction_id",
    atColumn: "received_at_ms",
    columns: {
      prediction_id: "VARCHAR",
      project: "VARCHAR",
      value: "VARCHAR",
      observed_at_ms: "BIGINT",
      received_at_ms: "BIGINT",
      sequence: "BIGINT",
      actor: "VARCHAR",
    },
  };
}

export interface OutcomeRecord {
  readonly prediction_id: string;
  readonly project: string;
  readonly value: string;
  readonly observed_at_ms: number;
  readonly received_at_ms: number;
  /** Counts the records of the log: tells apart what came within one millisecond. */
  readonly sequence: number;
  readonly actor: string;
}

export interface LogSources {
  readonly db: Database;
  readonly blobs: Blobs;
  readonly analyst: Analyst;
  readonly predictions: LogTable;
  readonly outcomes: LogTable;
}

export interface KnownOutcome {
  readonly value: string;
  readonly observedAtMs: number;
  readonly receivedAtMs: number;
  readonly actor: string;
}

/** A prediction as it was logged. */
export interface LoggedPrediction {
  readonly predictionId: string;
  readonly atMs: number;
  readonly project: string;
  readonly deployment: string;
  readonly releaseId: string;
  readonly modelVersionId: string;
  readonly role: string;
  readonly unit: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly label: string;
  readonly score: number;
  readonly decision: boolean;
  readonly threshold: number | null;
  readonly latencyMs: number;
  readonly requestId: string;
}

/**
 * The outcome that counts for each prediction of project `$1`, as known before `untilMs`: the one observed
 * last, and among those the one that came last. Outcomes of predictions since `fromMs` are enough.
 */
export async function latestOutcomesSql(
  sources: LogSources,
  period: { readonly fromMs?: number; readonly untilMs: number },
): Promise<string> {
  // An outcome comes after its prediction, by the clocks of two processes: a day is more than they differ.
  const fromMs = period.fromMs === undefined ? {} : { fromMs: period.fromMs - dayMs };
  const log = await readLogSql(sources, sources.outcomes, { ...fromMs, toMs: period.untilMs });
  return `(select prediction_id, value, observed_at_ms, received_at_ms from ${log} where project = $1
    qualify row_number() over (partition by prediction_id order by observed_at_ms desc, sequence desc) = 1)`;
}

/** Every observation of these predictions, oldest first by what counts. */
export async function readObservations(
  sources: LogSources,
  project: string,
  predictionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly KnownOutcome[]>> {
  const log = await readLogSql(sources, sources.outcomes);
  const rows = await sources.analyst.rows(
    `select prediction_id, value, observed_at_ms, received_at_ms, actor from ${log}
     where project = $1 and prediction_id in (select unnest($2::varchar[])) order by observed_at_ms, sequence`,
    [project, [...predictionIds]],
    observationSchema,
  );
  const found = Map.groupBy(rows, ({ prediction_id }) => prediction_id);
  return new Map([...found].map(([id, observations]) => [id, observations.map(toKnownOutcome)]));
}

const observationSchema = z.object({
  prediction_id: z.string(),
  value: z.string(),
  observed_at_ms: z.number(),
  received_at_ms: z.number(),
  actor: z.string(),
});

function toKnownOutcome(row: z.infer<typeof observationSchema>): KnownOutcome {
  return {
    value: row.value,
    observedAtMs: row.observed_at_ms,
    receivedAtMs: row.received_at_ms,
    actor: row.actor,
  };
}

/** When each of these predictions was made; those not in the log are left out. */
export async function readPredictionTimes(
  sources: LogSources,
  project: string,
  predictionIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const log = await readLogSql(sources, sources.predictions, periodOf(predictionIds));
  const rows = await sources.analyst.rows(
    `select prediction_id, at_ms from ${log}
     where project = $1 and prediction_id in (select unnest($2::varchar[]))`,
    [project, [...predictionIds]],
    z.object({ prediction_id: z.string(), at_ms: z.number() }),
  );
  return new Map(rows.map(({ prediction_id, at_ms }) => [prediction_id, at_ms]));
}

/** Which releases answered these predictions, each once. */
export async function readPredictionReleases(
  sources: LogSources,
  project: string,
  predictionIds: readonly string[],
): Promise<readonly string[]> {
  const log = await readLogSql(sources, sources.predictions, periodOf(predictionIds));
  const rows = await sources.analyst.rows(
    `select distinct release from ${log}
     where project = $1 and prediction_id in (select unnest($2::varchar[]))`,
    [project, [...predictionIds]],
    z.object({ release: z.string() }),
  );
  return rows.map(({ release }) => release);
}

export async function readPrediction(
  sources: LogSources,
  project: string,
  predictionId: string,
): Promise<LoggedPrediction | undefined> {
  const log = await readLogSql(sources, sources.predictions, periodOf([predictionId]));
  const [row] = await sources.analyst.rows(
    `select * from ${log} where project = $1 and prediction_id = $2 limit 1`,
    [project, predictionId],
    predictionSchema,
  );
  if (row === undefined) return undefined;
  return {
    predictionId: row.prediction_id,
    atMs: row.at_ms,
    project: row.project,
    deployment: row.deployment,
    releaseId: row.release,
    modelVersionId: row.model_version,
    role: row.role,
    unit: row.unit,
    inputs: inputsSchema.parse(JSON.parse(row.inputs)),
    label: row.label,
    score: row.score,
    decision: row.decision === 1,
    threshold: row.threshold,
    latencyMs: row.latency_ms,
    requestId: row.request_id,
  };
}

const inputsSchema = z.record(z.string(), z.unknown());

const predictionSchema = z.object({
  prediction_id: z.string(),
  at_ms: z.number(),
  project: z.string(),
  deployment: z.string(),
  release: z.string(),
  model_version: z.string(),
  role: z.string(),
  unit: z.string(),
  inputs: z.string(),
  label: z.string(),
  score: z.number(),
  decision: z.number(),
  threshold: z.number().nullable(),
  latency_ms: z.number(),
  request_id: z.string(),
});

/** Outcomes that name no prediction of the project's log, each id once. */
export async function countUnknownOutcomes(sources: LogSources, project: string): Promise<number> {
  const outcomes = await readLogSql(sources, sources.outcomes);
  const predictions = await readLogSql(sources, sources.predictions);
  const [row] = await sources.analyst.rows(
    `select count(distinct prediction_id) as unknown from ${outcomes} where project = $1
     and prediction_id not in (select prediction_id from ${predictions} where project = $1)`,
    [project],
    z.object({ unknown: z.number() }),
  );
  return row?.unknown ?? 0;
}

export async function lastSequence(sources: LogSources): Promise<number> {
  const log = await readLogSql(sources, sources.outcomes);
  const [row] = await sources.analyst.rows(
    `select coalesce(max(sequence), 0) as last from ${log}`,
    [],
    z.object({ last: z.number() }),
  );
  return row?.last ?? 0;
}

/** Ids of ours hold their time, so that a few predictions of many need few files; foreign ids need all. */
function periodOf(predictionIds: readonly string[]): { readonly fromMs?: number; readonly toMs?: number } {
  const times = predictionIds.map(idTimeMs);
  const known = times.filter((time) => time !== undefined);
  if (known.length < times.length || known.length === 0) return {};
  return { fromMs: Math.min(...known) - dayMs, toMs: Math.max(...known) + dayMs };
}
