import { Problem } from "#kernel/errors";
import type { MetricPoint } from "#tracking";

import { byOwner, number, pairs, text, truth } from "./cells.ts";
import { readLoggedModels, readModels } from "./database-models.ts";
import { readSpans, readTraces } from "./database-traces.ts";
import { problems } from "./problems.ts";
import type { RunRecord } from "./records.ts";
import type { Row, Rows } from "./rows.ts";
import type { Located, MlflowSource, Unmapped } from "./source.ts";

const pageRuns = 100;

/** Tables whose rows an import takes over, or that are made again from others. */
const mapped = [
  "alembic_version experiments experiment_tags runs tags params metrics latest_metrics",
  "datasets inputs input_tags logged_models logged_model_params logged_model_tags logged_model_metrics",
  "registered_models registered_model_tags registered_model_aliases model_versions model_version_tags workspaces",
  "trace_info trace_tags trace_request_metadata trace_metrics assessments spans span_metrics entity_associations",
  "sql_trace_metric_daily_rollups sql_span_cost_daily_rollups sql_assessment_daily_rollups",
  "sql_trace_rollup_rebuild_queue",
].flatMap((line) => line.split(" "));

const needed = ["experiments", "runs", "params", "tags", "metrics", "datasets", "inputs", "model_versions"];

const reasons: readonly (readonly [RegExp, string])[] = [
  [/dataset|scorer|issue|label|review|scoring/, "evaluation is not imported"],
  [/secret|endpoint|budget|guardrail|model_def|mcp/, "the AI gateway is not part of Gyre"],
  [/webhook/, "their secrets cannot be read; create the webhooks again"],
  [/job|lease|lock/, "work of the old server, which ends with it"],
];

/** An MLflow database, from version 2.22 on, on either engine. */
export async function createDatabaseSource(rows: Rows, label: string): Promise<MlflowSource> {
  const tables = new Set(await rows.tables());
  const missing = needed.filter((table) => !tables.has(table));
  if (missing.length > 0) {
    throw new Problem(problems.import_source_unreadable, {
      message: `${label} is no MLflow database of version 2.22 or later: it has no table ${missing.join(", ")}.`,
    });
  }
  const [revision] = tables.has("alembic_version")
    ? await rows.all("select version_num from alembic_version")
    : [];

  return {
    label,
    version: `schema revision ${revision === undefined ? "unknown" : text(revision, "version_num")}`,
    async *experiments() {
      const all = await rows.all("select * from experiments order by experiment_id");
      const tags = byOwner(await rows.all("select * from experiment_tags"), "experiment_id");
      for (const row of all) {
        const id = text(row, "experiment_id");
        yield {
          id,
          name: text(row, "name"),
          state: stateOf(row),
          createdAtMs: number(row, "creation_time"),
          updatedAtMs: number(row, "last_update_time"),
          tags: pairs(tags.get(id) ?? [], "key", "value"),
        };
      }
    },
    async *runs(experimentId) {
      let after = "";
      for (;;) {
        const page = await rows.all(
          `select * from runs where experiment_id = ? and run_uuid > ? order by run_uuid limit ${pageRuns}`,
          [Number(experimentId), after],
        );
        if (page.length > 0) yield await completeRuns(rows, page);
        if (page.length < pageRuns) return;
        after = text(page.at(-1) ?? {}, "run_uuid");
      }
    },
    async *points(runId) {
      const columns = `"key", value, is_nan, timestamp, step`;
      for await (const page of rows.pages(`select ${columns} from metrics where run_uuid = ?`, [runId])) {
        yield page.map(toPoint);
      }
    },
    async *loggedModels(experimentId) {
      if (tables.has("logged_models")) yield* readLoggedModels(rows, experimentId);
    },
    models: () => readModels(rows),
    async *traces(experimentId) {
      if (tables.has("trace_info")) yield* readTraces(rows, tables, experimentId);
    },
    async *spans(traceIds) {
      if (tables.has("spans")) yield* readSpans(rows, traceIds);
    },
    unmapped: async () => await countUnmapped(rows, tables),
    close: rows.close,
  };
}

function toPoint(row: Row): MetricPoint {
  return {
    key: text(row, "key"),
    value: truth(row, "is_nan") ? Number.NaN : number(row, "value"),
    atMs: number(row, "timestamp"),
    step: number(row, "step"),
  };
}

async function completeRuns(rows: Rows, page: readonly Row[]): Promise<readonly Located<RunRecord>[]> {
  const ids = page.map((row) => text(row, "run_uuid"));
  const marks = ids.map(() => "?").join(", ");
  const params = byOwner(
    await rows.all(`select * from params where run_uuid in (${marks})`, ids),
    "run_uuid",
  );
  const tags = byOwner(await rows.all(`select * from tags where run_uuid in (${marks})`, ids), "run_uuid");
  const data = await rows.all(
    `select inputs.input_uuid, inputs.destination_id, datasets.* from inputs
      join datasets on datasets.dataset_uuid = inputs.source_id
      where inputs.source_type = 'DATASET' and inputs.destination_type = 'RUN'
        and inputs.destination_id in (${marks})`,
    ids,
  );
  const dataTags = byOwner(
    await rows.all(
      `select input_tags.* from input_tags join inputs on inputs.input_uuid = input_tags.input_uuid
        where inputs.destination_type = 'RUN' and inputs.destination_id in (${marks})`,
      ids,
    ),
    "input_uuid",
  );
  const links = byOwner(
    await rows.all(
      `select * from inputs where source_type in ('RUN_INPUT', 'RUN_OUTPUT') and source_id in (${marks})
        order by destination_id`,
      ids,
    ),
    "source_id",
  );
  const dataOf = byOwner(data, "destination_id");
  return page.map((row) => {
    const id = text(row, "run_uuid");
    const own = pairs(tags.get(id) ?? [], "key", "value");
    const linked = links.get(id) ?? [];
    return {
      id,
      name: text(row, "name") || (own["mlflow.runName"] ?? ""),
      status: statusOf(text(row, "status")),
      state: stateOf(row),
      userName: text(row, "user_id"),
      startedAtMs: number(row, "start_time"),
      endedAtMs: row["end_time"] === null ? null : number(row, "end_time"),
      params: pairs(params.get(id) ?? [], "key", "value"),
      tags: own,
      inputs: (dataOf.get(id) ?? []).map((input) => toInput(input, dataTags)),
      modelInputs: linked.flatMap((link) =>
        link["source_type"] === "RUN_INPUT" ? [text(link, "destination_id")] : [],
      ),
      modelOutputs: linked.flatMap((link) =>
        link["source_type"] === "RUN_OUTPUT"
          ? [{ modelId: text(link, "destination_id"), step: number(link, "step") }]
          : [],
      ),
      artifactUri: text(row, "artifact_uri"),
    };
  });
}

function toInput(row: Row, tags: ReadonlyMap<string, readonly Row[]>): RunRecord["inputs"][number] {
  const [schema, profile] = [text(row, "dataset_schema"), text(row, "dataset_profile")];
  return {
    dataset: {
      name: text(row, "name"),
      digest: text(row, "digest"),
      sourceType: text(row, "dataset_source_type"),
      source: text(row, "dataset_source"),
      ...(schema === "" ? {} : { schema }),
      ...(profile === "" ? {} : { profile }),
    },
    tags: pairs(tags.get(text(row, "input_uuid")) ?? [], "name", "value"),
  };
}

const statuses = ["running", "scheduled", "finished", "failed", "killed"] as const;

export function statusOf(status: string): RunRecord["status"] {
  return statuses.find((known) => known.toUpperCase() === status) ?? "finished";
}

export function stateOf(row: Row): "active" | "deleted" {
  return text(row, "lifecycle_stage") === "deleted" ? "deleted" : "active";
}

async function countUnmapped(rows: Rows, tables: ReadonlySet<string>): Promise<readonly Unmapped[]> {
  const found: Unmapped[] = [];
  for (const table of [...tables].toSorted()) {
    if (mapped.includes(table) || !/^[a-z0-9_]+$/.test(table) || table.startsWith("sqlite_")) continue;
    const [row] = await rows.all(`select count(*) as count from ${table}`);
    const count = row === undefined ? 0 : number(row, "count");
    const why = reasons.find(([pattern]) => pattern.test(table))?.[1] ?? "Gyre has nothing of this kind";
    if (count > 0) found.push({ what: table, count, why });
  }
  const deleted = "select count(*) as count from model_versions where current_stage = 'Deleted_Internal'";
  const [row] = await rows.all(deleted);
  const count = row === undefined ? 0 : number(row, "count");
  if (count > 0) {
    const why = "their source and run were blanked when they were deleted";
    found.push({ what: "deleted model versions", count, why });
  }
  return found;
}
