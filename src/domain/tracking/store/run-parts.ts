import { sql } from "kysely";
import type { RawBuilder } from "kysely";

import type { Database } from "#kernel/db";
import { amongNumbers, foundByNumbers } from "#kernel/search";

import type { DatasetInput, ModelOutput, Run } from "../entities.ts";
import type { MetricRow } from "../schema.ts";
import type { Keys } from "./keys.ts";
import { readRunsByNumber, toPoint, toRunHead } from "./runs.ts";
import type { StoredRun } from "./runs.ts";

interface KeyedText {
  run: number;
  key: number;
  value: string;
}

interface StoredInput {
  run: number;
  tags: string;
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

/** Which parts of a run are wanted: of params, metrics and tags these keys only. */
export interface RunParts {
  readonly params: readonly string[];
  readonly metrics: readonly string[];
  readonly tags: readonly string[];
}

/**
 * Completes runs with what hangs on them, in five statements however many runs there are. With `parts`,
 * only the named keys are read, and neither inputs nor models.
 */
export async function completeRuns(
  db: Database,
  keys: Keys,
  rows: readonly StoredRun[],
  parts?: RunParts,
): Promise<Run[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  return await assemble(keys, rows, await readParts(db, keys, ids, parts));
}

/** The runs of these numbers, in their order, as `completeRuns` has them. */
export async function loadRuns(
  db: Database,
  keys: Keys,
  ids: readonly number[],
  parts?: RunParts,
): Promise<Run[]> {
  if (ids.length === 0) return [];
  const [rows, found] = await db.together([
    () => readRunsByNumber(db, ids),
    () => readParts(db, keys, ids, parts),
  ]);
  return await assemble(keys, rows, found);
}

interface FoundParts {
  readonly params: readonly KeyedText[];
  readonly tags: readonly KeyedText[];
  readonly metrics: readonly MetricRow[];
  readonly inputs: readonly StoredInput[];
  readonly models: readonly ModelLink[];
}

async function readParts(
  db: Database,
  keys: Keys,
  runs: readonly number[],
  parts: RunParts | undefined,
): Promise<FoundParts> {
  const isOfThese = foundByNumbers(db, sql`run`, runs);
  const [params, tags, metrics, inputs, models] = await db.together([
    () => readTexts(db, keys, "run_params", isOfThese, parts?.params),
    () => readTexts(db, keys, "run_tags", isOfThese, parts?.tags),
    () => readLatest(db, keys, isOfThese, parts?.metrics),
    () => (parts === undefined ? readInputs(db, isOfThese) : none),
    () => (parts === undefined ? readModelLinks(db, isOfThese) : none),
  ]);
  return { params, tags, metrics, inputs, models };
}

async function assemble(keys: Keys, rows: readonly StoredRun[], found: FoundParts): Promise<Run[]> {
  const { params, tags, metrics } = found;
  const keyIds = new Set<number>();
  for (const part of [params, tags, metrics]) for (const { key } of part) keyIds.add(key);
  const names = await keys.namesOf(keyIds);

  const paramsOf = groupTexts(params, names);
  const tagsOf = groupTexts(tags, names);
  const metricsOf = Map.groupBy(metrics, (row) => row.run);
  const inputsOf = Map.groupBy(found.inputs, (row) => row.run);
  const modelsOf = Map.groupBy(found.models, (row) => row.run);
  return rows.map((row) => {
    const latest = (metricsOf.get(row.id) ?? []).map((metric) =>
      toPoint(metric, names.get(metric.key) ?? ""),
    );
    const linked = modelsOf.get(row.id) ?? [];
    return {
      ...toRunHead(row),
      params: Object.fromEntries(paramsOf.get(row.id) ?? []),
      metrics: Object.fromEntries(latest.map((point) => [point.key, point.value])),
      latestMetrics: latest,
      tags: Object.fromEntries(tagsOf.get(row.id) ?? []),
      inputs: (inputsOf.get(row.id) ?? []).map(toInput),
      modelInputs: linked.filter((link) => link.direction === "input").map((link) => link.model_id),
      modelOutputs: linked.filter((link) => link.direction === "output").map(toOutput),
    };
  });
}

const none: Promise<readonly never[]> = Promise.resolve([]);

async function readTexts(
  db: Database,
  keys: Keys,
  table: "run_params" | "run_tags",
  isOfThese: RawBuilder<boolean>,
  wanted: readonly string[] | undefined,
): Promise<readonly KeyedText[]> {
  if (wanted?.length === 0) return [];
  const only = wanted === undefined ? sql`` : await onlyKeys(db, keys, wanted);
  const { rows } = await sql<KeyedText>`
    select run, key, value from ${sql.table(table)} where ${isOfThese} ${only}
  `.execute(db.query);
  return rows;
}

async function readLatest(
  db: Database,
  keys: Keys,
  isOfThese: RawBuilder<boolean>,
  wanted: readonly string[] | undefined,
): Promise<readonly MetricRow[]> {
  if (wanted?.length === 0) return [];
  const only = wanted === undefined ? sql`` : await onlyKeys(db, keys, wanted);
  const { rows } = await sql<MetricRow>`
    select run, key, value, is_nan, step, at_ms from latest_metrics where ${isOfThese} ${only}
  `.execute(db.query);
  return rows;
}

async function onlyKeys(db: Database, keys: Keys, names: readonly string[]): Promise<RawBuilder<unknown>> {
  const known: number[] = [];
  for (const name of names) {
    const id = await keys.find(name);
    if (id !== undefined) known.push(id);
  }
  return sql`and ${amongNumbers(db, sql`key`, known)}`;
}

async function readInputs(db: Database, isOfThese: RawBuilder<boolean>): Promise<readonly StoredInput[]> {
  const { rows } = await sql<StoredInput>`
    select run_datasets.run, run_datasets.tags, name, digest, source_type, source, schema, profile
    from run_datasets join tracked_datasets on tracked_datasets.id = run_datasets.dataset where ${isOfThese}
    order by run, dataset
  `.execute(db.query);
  return rows;
}

interface ModelLink {
  run: number;
  direction: string;
  model_id: string;
  step: number;
}

async function readModelLinks(db: Database, isOfThese: RawBuilder<boolean>): Promise<readonly ModelLink[]> {
  const { rows } = await sql<ModelLink>`
    select run, direction, model_id, step from run_models where ${isOfThese} order by run, step, model_id
  `.execute(db.query);
  return rows;
}

function groupTexts(
  rows: readonly KeyedText[],
  names: ReadonlyMap<number, string>,
): Map<number, [string, string][]> {
  const byRun = new Map<number, [string, string][]>();
  for (const { run, key, value } of rows) {
    const entry: [string, string] = [names.get(key) ?? "", value];
    const entries = byRun.get(run);
    if (entries === undefined) byRun.set(run, [entry]);
    else entries.push(entry);
  }
  return byRun;
}

function toInput(row: StoredInput): DatasetInput {
  const { name, digest, source } = row;
  return {
    dataset: {
      name,
      digest,
      sourceType: row.source_type,
      source,
      schema: row.schema ?? undefined,
      profile: row.profile ?? undefined,
    },
    tags: JSON.parse(row.tags),
  };
}

function toOutput(row: { model_id: string; step: number }): ModelOutput {
  return { modelId: row.model_id, step: row.step };
}
