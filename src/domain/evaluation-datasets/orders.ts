import { randomUUID } from "node:crypto";

import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { writeExactJson } from "#kernel/exact-json";
import type { TrackingQuestions } from "#tracking";

import type { EvaluationDatasetsCommands, NewRecord } from "./commands.ts";
import type { EvaluationDataset } from "./entities.ts";
import { problems } from "./problems.ts";
import { extendSchema, invalid } from "./records.ts";
import type { DatasetRow } from "./schema.ts";
import {
  completeDatasets,
  countRecords,
  deleteDataset,
  deleteRecords,
  deleteTag,
  insertDataset,
  linkExperiments,
  lockDataset,
  readByInputs,
  saveRecords,
  saveTags,
  unlinkExperiments,
  updateDataset,
} from "./store.ts";
import type { KeptRecord } from "./store.ts";

export interface OrderParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tracking: Pick<TrackingQuestions, "projectsOfExperiments">;
}

const longestName = 500;

export function createOrders({ db, ledger, clock, tracking }: OrderParts): EvaluationDatasetsCommands {
  /** Runs `work` on the row while nobody else changes it. */
  const change = async <Result>(
    id: string,
    work: (row: DatasetRow, project: string | null) => Promise<Result>,
  ): Promise<Result> =>
    await db.transaction(async () => {
      const row = await lockDataset(db, id);
      if (row === undefined) throw datasetNotFound(id);
      return await work(row, (await complete(row)).projects[0] ?? null);
    });

  const complete = async (row: DatasetRow): Promise<EvaluationDataset> => {
    const [dataset] = await completeDatasets(db, [row]);
    if (dataset === undefined) throw new Error(`the evaluation data set ${row.id} vanished`);
    return dataset;
  };

  const knownExperiments = async (ids: readonly string[]): Promise<number[]> => {
    const known = new Set((await tracking.projectsOfExperiments(ids)).map((experiment) => experiment.id));
    const missing = ids.find((id) => !known.has(id));
    if (missing !== undefined)
      throw new Problem(problems.evaluation_dataset_not_found, {
        message: `No Experiment with id=${missing.slice(0, 80)} exists`,
        next: "List the experiments, or create one.",
      });
    return ids.map(Number);
  };

  return {
    async createDataset({ name, tags, experimentIds, actor }) {
      checkName(name);
      const experiments = await knownExperiments(experimentIds);
      const now = clock.nowMs();
      const user = tags["mlflow.user"] ?? null;
      const row: DatasetRow = {
        id: `d-${randomUUID().replaceAll("-", "")}`,
        name,
        schema: null,
        profile: null,
        digest: nextDigest(name, now, ""),
        created_at_ms: now,
        updated_at_ms: now,
        created_by: user,
        updated_by: user,
      };
      return await db.transaction(async () => {
        await insertDataset(db, row);
        await saveTags(db, row.id, tags);
        await linkExperiments(db, row.id, experiments);
        const dataset = await complete(row);
        const [project = null] = dataset.projects;
        await ledger.append({
          kind: "evaluation_dataset.created",
          subject: row.id,
          project,
          actor,
          data: { name },
        });
        return dataset;
      });
    },
    async deleteDataset({ id, actor }) {
      await change(id, async ({ name }, project) => {
        await deleteDataset(db, id);
        await ledger.append({
          kind: "evaluation_dataset.deleted",
          subject: id,
          project,
          actor,
          data: { name },
        });
      });
    },
    async setTags({ id, tags, actor }) {
      await change(id, async ({ name }, project) => {
        await saveTags(db, id, tags);
        const data = { name, keys: Object.keys(tags) };
        await ledger.append({ kind: "evaluation_dataset.tagged", subject: id, project, actor, data });
      });
    },
    async deleteTag({ id, key, actor }) {
      await change(id, async ({ name }, project) => {
        if (!(await deleteTag(db, id, key))) return;
        const data = { name, keys: [key] };
        await ledger.append({ kind: "evaluation_dataset.tagged", subject: id, project, actor, data });
      });
    },
    async upsertRecords({ id, records, actor }) {
      return await change(id, async (row, project) => {
        const now = clock.nowMs();
        const { kept, inserted, updated } = await merge(db, id, records, now);
        await saveRecords(db, kept);
        const users = records.flatMap((record) => record.user ?? []);
        await updateDataset(db, id, {
          schema: extendSchema(row.schema, records),
          ...(await profileOf(db, id)),
          digest: nextDigest(row.name, now, row.digest),
          updated_at_ms: now,
          updated_by: users.at(-1) ?? null,
        });
        const data = { name: row.name, inserted, updated, deleted: 0 };
        await ledger.append({ kind: "evaluation_dataset.changed", subject: id, project, actor, data });
        return { inserted, updated };
      });
    },
    async deleteRecords({ id, recordIds, actor }) {
      return await change(id, async (row, project) => {
        const deleted = await deleteRecords(db, id, recordIds);
        if (deleted === 0) return 0;
        const now = clock.nowMs();
        await updateDataset(db, id, {
          ...(await profileOf(db, id)),
          digest: nextDigest(row.name, now, row.digest),
          updated_at_ms: now,
        });
        const data = { name: row.name, inserted: 0, updated: 0, deleted };
        await ledger.append({ kind: "evaluation_dataset.changed", subject: id, project, actor, data });
        return deleted;
      });
    },
    async addExperiments({ id, experimentIds, actor }) {
      const experiments = await knownExperiments(experimentIds);
      return await change(id, async (row) => {
        await linkExperiments(db, id, experiments);
        const touched = { ...row, updated_at_ms: clock.nowMs() };
        await updateDataset(db, id, { updated_at_ms: touched.updated_at_ms });
        const dataset = await complete(touched);
        const data = { name: row.name, experiments: experimentIds };
        const [project = null] = dataset.projects;
        await ledger.append({ kind: "evaluation_dataset.linked", subject: id, project, actor, data });
        return dataset;
      });
    },
    async removeExperiments({ id, experimentIds, actor }) {
      return await change(id, async (row, project) => {
        const numbers = experimentIds.filter((one) => /^\d{1,15}$/.test(one)).map(Number);
        const removed = await unlinkExperiments(db, id, numbers);
        if (removed.length === 0) return await complete(row);
        const touched = { ...row, updated_at_ms: clock.nowMs() };
        await updateDataset(db, id, { updated_at_ms: touched.updated_at_ms });
        const data = { name: row.name, experiments: removed.map(String) };
        await ledger.append({ kind: "evaluation_dataset.unlinked", subject: id, project, actor, data });
        return await complete(touched);
      });
    },
  };
}

/** New records, and old ones with what is new in them. Two with the same inputs in one request are one. */
async function merge(
  db: Database,
  datasetId: string,
  records: readonly NewRecord[],
  now: number,
): Promise<{ kept: readonly KeptRecord[]; inserted: number; updated: number }> {
  const digests = records.map((record) => digestOf(writeExactJson(record.inputs, { sorted: true })));
  const known = await readByInputs(db, datasetId, digests);
  const touched = new Map<string, KeptRecord>();
  let inserted = 0;
  for (const [index, record] of records.entries()) {
    const inputDigest = digests[index] ?? "";
    const before = touched.get(inputDigest) ?? known.get(inputDigest);
    if (before === undefined) inserted += 1;
    touched.set(
      inputDigest,
      before === undefined ? fresh(record, { datasetId, inputDigest, now }) : merged(before, record, now),
    );
  }
  return { kept: [...touched.values()], inserted, updated: records.length - inserted };
}

function fresh(
  { user, ...record }: NewRecord,
  { datasetId, inputDigest, now }: { datasetId: string; inputDigest: string; now: number },
): KeptRecord {
  return {
    ...record,
    id: `dr-${randomUUID().replaceAll("-", "")}`,
    datasetId,
    inputDigest,
    outputs: record.outputs ?? {},
    createdAtMs: now,
    updatedAtMs: now,
    createdBy: user,
    updatedBy: user,
  };
}

function merged(before: KeptRecord, record: NewRecord, now: number): KeptRecord {
  return {
    ...before,
    outputs: record.outputs === undefined ? before.outputs : record.outputs,
    expectations:
      record.expectations === null ? before.expectations : { ...before.expectations, ...record.expectations },
    tags: { ...before.tags, ...record.tags },
    updatedAtMs: now,
    updatedBy: record.user ?? before.updatedBy,
  };
}

async function profileOf(db: Database, id: string): Promise<{ profile: string | null }> {
  const records = await countRecords(db, id);
  return { profile: records === 0 ? null : JSON.stringify({ num_records: records }) };
}

/** Differs after every change, also of two within one millisecond. */
function nextDigest(name: string, now: number, before: string): string {
  return digestOf(`${name}:${now}:${before}`).slice(0, 8);
}

function checkName(name: string): void {
  if (name.trim() === "") throw invalid("Invalid dataset name: it must not be empty.");
  if (name.length > longestName) throw invalid(`A dataset's name has at most ${longestName} characters.`);
  if (name.includes("\0") || !name.isWellFormed()) throw invalid("A dataset's name must be plain text.");
}

export function datasetNotFound(id: string): Problem {
  return new Problem(problems.evaluation_dataset_not_found, {
    message: `Evaluation dataset with id '${id.slice(0, 80)}' not found`,
  });
}
