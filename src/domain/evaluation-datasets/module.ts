import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { Route } from "#kernel/http";
import { packToken, unpackToken } from "#kernel/search";
import type { TracesQuestions } from "#traces";
import type { TrackingQuestions } from "#tracking";

import type { EvaluationDatasetsCommands } from "./commands.ts";
import type { DatasetRecord, EvaluationDataset, Page } from "./entities.ts";
import { createOrders, datasetNotFound } from "./orders.ts";
import { problems } from "./problems.ts";
import { createRoutes } from "./routes.ts";
import { searchDatasets } from "./search.ts";
import type { DatasetSearch } from "./search.ts";
import {
  completeDatasets,
  countRecords,
  countsOfRecords,
  experimentsWithDatasets,
  readDataset,
  readRecord,
  readRecords,
} from "./store.ts";

/** What can be asked of evaluation data sets. Absent things throw `…_not_found`. */
export interface EvaluationDatasetsQuestions {
  getDataset(id: string): Promise<EvaluationDataset>;
  searchDatasets(search: DatasetSearch): Promise<Page<EvaluationDataset>>;
  /** Records in the order in which they came. */
  records(
    id: string,
    page: {
      readonly limit: number;
      readonly pageToken?: string | undefined;
      /** Only those that say this in any of their parts. */
      readonly text?: string | undefined;
    },
  ): Promise<Page<DatasetRecord>>;
  /** Throws `evaluation_record_not_found`. */
  getRecord(id: string, record: string): Promise<DatasetRecord>;
  /** How many records it has, or how many of them say a text. */
  countRecords(id: string, text?: string): Promise<number>;
  /** How many records each has; those without any are not in it. */
  countsOfRecords(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Those of the experiments that have a data set. */
  experimentsWithDatasets(experimentIds: readonly string[]): Promise<readonly string[]>;
}

export interface EvaluationDatasets extends EvaluationDatasetsQuestions {
  readonly commands: EvaluationDatasetsCommands;
  readonly routes: readonly Route[];
}

export interface EvaluationDatasetsParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tracking: Pick<TrackingQuestions, "projectsOfExperiments" | "experimentIdsOf" | "getExperiment">;
  /** Says which of the traces that records came from are here. */
  readonly traces: Pick<TracesQuestions, "placesOfTraces">;
}

/** Builds evaluation data sets. Apply tracking's migrations first, then `migrations`. */
export function createEvaluationDatasets(parts: EvaluationDatasetsParts): EvaluationDatasets {
  const { db } = parts;
  const questions: EvaluationDatasetsQuestions = {
    async getDataset(id) {
      const row = await readDataset(db, id);
      const [dataset] = row === undefined ? [] : await completeDatasets(db, [row]);
      if (dataset === undefined) throw datasetNotFound(id);
      return dataset;
    },
    searchDatasets: (search) => searchDatasets(db, search),
    async records(id, { limit, pageToken, text = "" }) {
      const signature = ["records", id, ...(text === "" ? [] : [text])];
      const [after = 0] = pageToken === undefined ? [] : unpackToken(signature, pageToken, 1);
      const { records, lastPosition } = await readRecords(db, id, Number(after), limit, text);
      return {
        items: records,
        nextPageToken: lastPosition === undefined ? undefined : packToken(signature, [lastPosition]),
      };
    },
    async getRecord(id, record) {
      const found = await readRecord(db, id, record);
      if (found !== undefined) return found;
      throw new Problem(problems.evaluation_record_not_found, {
        message: `The evaluation data set ${id} has no record ${record.slice(0, 80)}.`,
      });
    },
    countRecords: (id, text) => countRecords(db, id, text),
    countsOfRecords: (ids) => countsOfRecords(db, ids),
    experimentsWithDatasets: (ids) => experimentsWithDatasets(db, ids.map(Number)),
  };
  return {
    ...questions,
    commands: createOrders(parts),
    routes: createRoutes({ ...parts, datasets: questions }),
  };
}
