export { createAnalyst } from "./analyst.ts";
export type { Analyst, AnalystOptions, QueryOptions } from "./analyst.ts";
export type { QueryParameter } from "./messages.ts";

export { sqlName, sqlText, sqlTextList } from "./sql-text.ts";
export { migrations, segmentBlobsInUse } from "./log-store.ts";
export { logPosition, readLogSql, sealToParquet } from "./log-tables.ts";
export type { LogTable } from "./log-tables.ts";
