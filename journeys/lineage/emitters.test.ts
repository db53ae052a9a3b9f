import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";

import { runIdOf } from "#lineage";

import { findEnvironment, requirementsOf } from "../interop/environments.ts";
import { createSchemaCheck } from "./schema-check.ts";
import { openShop } from "./shop.ts";

const run = promisify(execFile);

describe("the client openlineage-python", () => {
  for (const packing of ["plain", "gzip"]) {
    it(`reports a run, ${packing}`, { timeout: 900_000 }, async (test) => {
      const environment = await findEnvironment("dbt");
      if (typeof environment === "string") return test.skip(environment);
      const shop = await openShop();
      const runId = "01890000-0000-7000-8000-000000000001";
      const script = join(import.meta.dirname, "emit.py");
      await run(environment.interpreter, [script, shop.system.url(), runId, packing], { timeout: 120_000 });
      const { body } = await shop.call("GET", "/api/v1/lineage/runs?namespace=scripts&name=nightly");
      assert.deepEqual(
        body.runs.map(({ id, state, startedAt, endedAt }: Record<string, string>) => [
          id,
          state,
          startedAt,
          endedAt,
        ]),
        [[runId, "COMPLETE", "2027-01-01T10:00:00.000Z", "2027-01-01T10:05:00.000Z"]],
      );
      const { body: found } = await shop.call(
        "GET",
        "/api/v1/lineage?nodeId=dataset:s3://lake:orders.parquet",
      );
      const node = found.graph.find(({ id }: { id: string }) => id === "dataset:s3://lake:orders.parquet");
      assert.deepEqual(
        [node.data.facets.schema.fields[0].name, node.data.facets.outputStatistics.rowCount],
        ["order", 2],
      );
      assert.deepEqual(found.graph.map(({ id }: { id: string }) => id).toSorted(), [
        "dataset:postgres://db:5432:shop.public.orders",
        "dataset:s3://lake:orders.parquet",
        "job:scripts:nightly",
      ]);
    });
  }
});

const dbtProject = {
  "gyre.yaml": "project: shop\npipeline: dvc.yaml\npython: { requirements: requirements.txt }\n",
  "dvc.yaml": `stages:
  transform:
    cmd: dbt-ol run --profiles-dir . --project-dir .
    deps: [models, dbt_project.yml, profiles.yml]
    outs: [warehouse.duckdb]
`,
  "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\nmodel-paths: [models]\n",
  "profiles.yml":
    "shop: { target: dev, outputs: { dev: { type: duckdb, path: warehouse.duckdb, threads: 1 } } }\n",
  "models/orders.sql": "select 1 as order_id, 10 as amount union all select 2, 20\n",
  "models/totals.sql": "select sum(amount) as total from {{ ref('orders') }}\n",
};

describe("dbt within a step", () => {
  it(
    "reports its models by itself, to the project of the step and within its run",
    { timeout: 900_000 },
    async (test) => {
      const environment = await findEnvironment("dbt");
      if (typeof environment === "string") return test.skip(environment);
      const shop = await openShop({ ...dbtProject, "requirements.txt": await requirementsOf("dbt") });
      const execution = await shop.run();
      const [step] = execution.steps;
      assert.equal(execution.state, "succeeded", step?.lastLines.join("\n") ?? "");
      const within = `/api/v1/lineage/runs?parent=${runIdOf(step?.id ?? "")}&project=shop`;
      const { body: runs } = await shop.call("GET", within);
      assert.ok(runs.runs.length > 0, "dbt names the step as its parent");
      assert.ok(runs.runs.every(({ state }: { state: string }) => state === "COMPLETE"));
      const { body: events } = await shop.call("GET", "/api/v1/events/lineage?project=shop");
      const check = await createSchemaCheck(shop.system.url());
      const core = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
      for (const event of events.events) {
        const wrong = check({ ...event, schemaURL: core }).filter((line) => line.startsWith("RunEvent"));
        assert.deepEqual(wrong, []);
      }
      const nodes = await shop.call("GET", "/api/v1/lineage/nodes?text=totals&type=DATASET&project=shop");
      const [totals] = nodes.body.nodes;
      assert.match(totals.id, /^dataset:duckdb:.*main\.totals$/);
      const graph = await shop.call(
        "GET",
        `/api/v1/lineage?nodeId=${encodeURIComponent(totals.id)}&project=shop`,
      );
      const names = graph.body.graph.map(({ data }: { data: { name: string } }) => data.name);
      assert.ok(
        names.some((name: string) => name.endsWith("main.orders")),
        names.join(" "),
      );
    },
  );
});
