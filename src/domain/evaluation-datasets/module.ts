import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import { packToken, unpackToken } from "#kernel/search";
import type { TrackingQuestions } from "#tracking";

import type { EvaluationDatasetsCommands } from "./commands.ts";
import type { DatasetRecord, EvaluationDataset, Page } from "./entities.ts";
import { createOrders, datasetNotFound } from "./orders.ts";
import { searchDatasets } from "./search.ts";
import type { DatasetSearch } from "./search.ts";
import { completeDatasets, readDataset, readRecords } from "./store.ts";

/** What can be asked of evaluation data sets. Absent things throw `…_not_found`. */
export interface EvaluationDatasets {
  getDataset(id: string): Promise<EvaluationDataset>;
  searchDatasets(search: DatasetSearch): Promise<Page<EvaluationDataset>>;
  /** Records in the order in which they came. */
  records(
    id: string,
    page: { readonly limit: number; readonly pageToken?: string | undefined },
  ): Promise<Page<DatasetRecord>>;
  readonly commands: EvaluationDatasetsCommands;
}

export interface EvaluationDatasetsParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tracking: Pick<TrackingQuestions, "projectsOfExperiments">;
}

/** Builds evaluation data sets. Apply tracking's migrations first, then `migrations`. */
export function createEvaluationDatasets(parts: EvaluationDatasetsParts): EvaluationDatasets {
  const { db } = parts;
  return {
    async getDataset(id) {
      const row = await readDataset(db, id);
      const [dataset] = row === undefined ? [] : await completeDatasets(db, [row]);
      if (dataset === undefined) throw datasetNotFound(id);
      return dataset;
    },
    searchDatasets: (search) => searchDatasets(db, search),
    async records(id, { limit, pageToken }) {
      const signature = ["records", id];
      const [after = 0] = pageToken === undefined ? [] : unpackToken(signature, pageToken, 1);
      const { records, lastPosition } = await readRecords(db, id, Number(after), limit);
      return {
        items: records,
        nextPageToken: lastPosition === undefined ? undefined : packToken(signature, [lastPosition]),
      };
    },
    commands: createOrders(parts),
  };
}
