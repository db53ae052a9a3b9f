import "./events.ts";

export { createEvaluationDatasets } from "./module.ts";
export type { EvaluationDatasets, EvaluationDatasetsParts } from "./module.ts";
export { migrations } from "./schema.ts";
export { problems } from "./problems.ts";
export { parseRecords } from "./records.ts";
export type { DatasetSearch } from "./search.ts";
export type { DatasetRecord, EvaluationDataset, JsonObject, Page, RecordSource } from "./entities.ts";
