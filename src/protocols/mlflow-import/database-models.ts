import { byOwner, number, pairs, text } from "./cells.ts";
import type { LoggedModelRecord } from "./records.ts";
import type { Row, Rows } from "./rows.ts";
import { loggedModelOf } from "./source.ts";
import type { Located, SourceModel } from "./source.ts";

const pageModels = 100;
const statuses = ["pending", "pending", "ready", "upload_failed"] as const;

/** The logged models of an experiment, in pages. Deleted ones have no files and are left out, as MLflow's own search does. */
export async function* readLoggedModels(
  rows: Rows,
  experimentId: string,
): AsyncIterable<readonly Located<LoggedModelRecord>[]> {
  let after = "";
  for (;;) {
    const page = await rows.all(
      `select * from logged_models where experiment_id = ? and lifecycle_stage = 'active' and model_id > ?
        order by model_id limit ${pageModels}`,
      [Number(experimentId), after],
    );
    if (page.length > 0) yield await complete(rows, page);
    if (page.length < pageModels) return;
    after = text(page.at(-1) ?? {}, "model_id");
  }
}

async function complete(rows: Rows, page: readonly Row[]): Promise<readonly Located<LoggedModelRecord>[]> {
  const ids = page.map((row) => text(row, "model_id"));
  const marks = ids.map(() => "?").join(", ");
  const of = async (table: string) =>
    byOwner(await rows.all(`select * from ${table} where model_id in (${marks})`, ids), "model_id");
  const [params, tags, metrics] = [
    await of("logged_model_params"),
    await of("logged_model_tags"),
    await of("logged_model_metrics"),
  ];
  return page.map((row) => {
    const id = text(row, "model_id");
    return {
      id,
      name: text(row, "name"),
      modelType: text(row, "model_type"),
      sourceRunId: text(row, "source_run_id"),
      status: statuses[number(row, "status")] ?? "pending",
      createdAtMs: number(row, "creation_timestamp_ms"),
      updatedAtMs: number(row, "last_updated_timestamp_ms"),
      params: pairs(params.get(id) ?? [], "param_key", "param_value"),
      tags: pairs(tags.get(id) ?? [], "tag_key", "tag_value"),
      metrics: (metrics.get(id) ?? []).map((metric) => ({
        key: text(metric, "metric_name"),
        value: metric["metric_value"] === null ? Number.NaN : number(metric, "metric_value"),
        atMs: number(metric, "metric_timestamp_ms"),
        step: number(metric, "metric_step"),
        runId: text(metric, "run_id"),
        datasetName: text(metric, "dataset_name"),
        datasetDigest: text(metric, "dataset_digest"),
      })),
      artifactUri: text(row, "artifact_location"),
    };
  });
}

/** Registered models with their versions and aliases; prompts are models with a tag. */
export async function* readModels(rows: Rows): AsyncIterable<SourceModel> {
  const tags = byOwner(await rows.all("select * from registered_model_tags"), "name");
  const aliases = byOwner(await rows.all("select * from registered_model_aliases"), "name");
  for (const row of await rows.all("select * from registered_models order by name")) {
    const name = text(row, "name");
    const versions = await rows.all(
      "select * from model_versions where name = ? and current_stage <> 'Deleted_Internal' order by version",
      [name],
    );
    const versionTags = byOwner(
      await rows.all("select * from model_version_tags where name = ?", [name]),
      "version",
    );
    yield {
      model: {
        name,
        description: text(row, "description"),
        tags: pairs(tags.get(name) ?? [], "key", "value"),
        createdAtMs: number(row, "creation_time"),
        updatedAtMs: number(row, "last_updated_time"),
      },
      aliases: Object.fromEntries(
        (aliases.get(name) ?? []).map((alias) => [text(alias, "alias"), number(alias, "version")]),
      ),
      versions: versions.map((version) => ({
        name,
        number: number(version, "version"),
        description: text(version, "description"),
        createdAtMs: number(version, "creation_time"),
        updatedAtMs: number(version, "last_updated_time"),
        source: text(version, "source"),
        runId: text(version, "run_id"),
        runLink: text(version, "run_link"),
        loggedModelId: loggedModelOf(text(version, "source")),
        stage: text(version, "current_stage") || "None",
        tags: pairs(versionTags.get(text(version, "version")) ?? [], "key", "value"),
      })),
    };
  }
}
