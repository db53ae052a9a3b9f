import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, it } from "node:test";

import { sql } from "kysely";

import { openDatabase } from "#kernel/db";
import { migrations } from "#main";

/**
 * Every column that may name stored content. A new one has to be put on this list: `held` where the module's
 * `blobsInUse` yields it, or the reason why it names nothing that is stored, or nothing that has to stay.
 */
const columns: Readonly<Record<string, string>> = {
  "access_passes.digest": "of a secret",
  "artifact_files.digest": "held",
  "charter_versions.digest": "of the text in the same row",
  "compute_uploads.digest": "held",
  "compute_work.checkpoint": "held",
  "compute_work.outs": "held",
  "compute_work.spec": "held",
  "compute_work.token_digest": "of a secret",
  "dataset_versions.contract_digest": "of a text that is not stored",
  "dataset_versions.digest": "held",
  "dataset_versions.parquet_digest": "held",
  "evaluation_datasets.digest": "of rows in the database",
  "evaluation_records.input_digest": "of rows in the database",
  "events.data": "held where it is read again: `candidate.measured`, by serving",
  "events.hash": "of the event",
  "events.prev_hash": "of the event before",
  "execution_keys.request_digest": "of a request",
  "execution_steps.outs": "held",
  "execution_steps.key_parts": "compared, never opened",
  "executions.code_digest": "held",
  "executions.environment_digest": "of a description; environments are no blobs",
  "executions.plan_digest": "of a plan in the database",
  "experiments.artifact_location": "an address",
  "log_segments.digest": "held",
  "lineage_edges.origin": "a name",
  "lineage_edges.origin_field": "a name",
  "logged_model_metrics.dataset_digest": "said by a client, of data it has",
  "logged_models.artifact_root": "an address",
  "model_versions.digest": "of the list of files in the same row",
  "model_versions.files": "held",
  "model_versions.holdout_digest": "held",
  "model_versions.origin": "repeats what the execution holds",
  "model_versions.runnable_digest": "held",
  "monitor_progress.shape": "of a plan, compared",
  "passwords.hash": "of a secret",
  "pipes_messages.content": "what a step said",
  "pipeline_plans.content": "stages as they were written",
  "pipeline_plans.digest": "of the plan in the same rows",
  "pipeline_triggers.token_digest": "of a secret",
  "pipeline_verifications.code_digest": "held",
  "releases.evidence_digest": "held",
  "run_views.is_shared": "a number",
  "runs.artifact_root": "an address",
  "sessions.digest": "of a secret",
  "step_checkpoints.digest": "held",
  "step_results.key_parts": "compared, never opened",
  "step_results.outs": "held",
  "studies.code_digest": "held",
  "tokens.digest": "of a secret",
  "tracked_datasets.digest": "said by a client, of data it has",
  "verified_stages.differing": "says which bytes differed; those of a verification are not kept",
};

const mayNameContent =
  /digest|hash|sha|blob|outs|files|checkpoint|content|evidence|artifact|origin|spec|key_parts/;

describe("what refers to stored content", () => {
  it("is known of every column of every table", async () => {
    const db = openDatabase({ location: ":memory:" });
    await db.migrate(migrations);
    const { rows } = await sql<{ name: string }>`
      select tables.name || '.' || columns.name as name
      from sqlite_schema as tables join pragma_table_info(tables.name) as columns
      where tables.type = 'table'`.execute(db.query);
    await db.close();
    const found = rows.map(({ name }) => name);
    const unknown = found.filter(
      (name) => mayNameContent.test(name.split(".")[1] ?? "") && !(name in columns),
    );
    const gone = Object.keys(columns).filter((name) => !found.includes(name));
    assert.deepEqual({ unknown, gone }, { unknown: [], gone: [] });
  });

  it("is asked of every module that is given the store", async () => {
    const holders = holdersOfMain();
    const given: string[] = [];
    for await (const path of glob(join(import.meta.dirname, "{domain,protocols}/**/*.ts")))
      if (!/\.test\.ts$|\/fixtures\/|\/conformance\/|\/test-/.test(path))
        if (/readonly blobs: (Blobs|Pick<Blobs)/.test(readFileSync(path, "utf8")))
          given.push(
            relative(import.meta.dirname, path)
              .split("/")
              .slice(0, 2)
              .join("/"),
          );
    const unasked = [...new Set(given)].filter((module) => !holders.has(module) && !(module in holdNothing));
    assert.deepEqual(unasked, []);
    for (const module of Object.keys(holdNothing)) assert.ok(given.includes(module), module);
  });
});

/** Modules that are given the store and keep no reference to anything in it. */
const holdNothing: Readonly<Record<string, string>> = {
  "domain/loops": "reads what others hold",
  "domain/monitoring": "its outcomes are a log, whose sealed segments are asked of the kernel",
  "domain/storage": "asks the others",
  "protocols/mlflow": "reads what tracking and the registry hold; parts of uploads are no blobs",
  "protocols/openlineage": "reads what pipelines hold",
};

/** The modules whose doors `main.ts` hands to the collection. */
function holdersOfMain(): ReadonlySet<string> {
  const main = readFileSync(join(import.meta.dirname, "main.ts"), "utf8");
  const doors = [...main.matchAll(/blobsInUse: (\w+)\.blobsInUse/g)].map(([, door = ""]) => door);
  return new Set(doors.map((door) => `domain/${door === "targets" ? "compute" : door}`));
}
