import { join } from "node:path";

import type { LogTable } from "#kernel/columnar";

/** The prediction log as a table, in the columns the gateway writes. */
export function predictionLog(gatewayFolder: string): LogTable {
  return {
    name: "predictions",
    folder: join(gatewayFolder, "predictions"),
    key: "prediction_id",
    atColumn: "at_ms",
    columns: {
      prediction_id: "VARCHAR",
      at_ms: "BIGINT",
      project: "VARCHAR",
      deployment: "VARCHAR",
      release: "VARCHAR",
      model_version: "VARCHAR",
      role: "VARCHAR",
      unit: "VARCHAR",
      inputs: "VARCHAR",
      label: "VARCHAR",
      score: "DOUBLE",
      scores: "VARCHAR",
      decision: "INTEGER",
      threshold: "DOUBLE",
      latency_ms: "DOUBLE",
      request_id: "VARCHAR",
      request_row: "INTEGER",
    },
  };
}
