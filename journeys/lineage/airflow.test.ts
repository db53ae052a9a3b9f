import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import pg from "pg";

import { findEnvironment } from "../interop/environments.ts";
import { openHouse } from "../sign-in/house.ts";
import { startAirflow } from "./airflow/installation.ts";

const longestRunMs = 240_000;

interface Run {
  readonly id: string;
  readonly state: string;
  readonly parentId: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly facets: Readonly<Record<string, ReturnType<typeof JSON.parse>>>;
}

describe("Airflow's own emitter of OpenLineage", () => {
  it(
    "reports what its scheduler runs, signed in, to the server and to a project",
    { timeout: 900_000 },
    async (test) => {
      const environment = await findEnvironment("airflow");
      if (typeof environment === "string") return test.skip(environment);
      const house = await openHouse(() => ({
        "data/orders.csv": "customer,amount\nada,10\nbob,20\nada,5\n",
        "dvc.yaml":
          "stages: { report: { cmd: cat nightly.txt > report.txt, deps: [nightly.txt], outs: [report.txt] } }\n",
      }));
      const folder = join(dirname(house.aside), "shop");
      const tokenOf = async (principal: string): Promise<string> => {
        const order = { principal, label: "airflow", expiresAtMs: null, actor: "system" };
        return (await house.system.access.commands.issueToken(order)).secret;
      };
      const { id: service } = await house.system.access.commands.addPrincipal({
        name: "airflow",
        kind: "service",
        grant: { role: "contributor", project: null },
        actor: "system",
      });
      const [everywhere, ofShop] = [await tokenOf(service), await tokenOf(house.ada)];
      const ask = async (token: string, path: string): Promise<ReturnType<typeof JSON.parse>> => {
        const { status, text } = await house.as(token, "GET", path);
        assert.equal(status, 200, text);
        return JSON.parse(text);
      };
      const database = await openDatabase();
      const http = { type: "http", url: house.system.url() };
      const airflow = await startAirflow(environment, {
        AIRFLOW__OPENLINEAGE__NAMESPACE: "team",
        AIRFLOW__OPENLINEAGE__TRANSPORT: JSON.stringify({
          type: "composite",
          continue_on_failure: true,
          transports: {
            server: { ...http, endpoint: "api/v1/lineage", auth: { type: "api_key", apiKey: everywhere } },
            project: {
              ...http,
              endpoint: "api/v1/projects/shop/lineage",
              auth: { type: "api_key", apiKey: ofShop },
              compression: "gzip",
            },
            stranger: { ...http, endpoint: "api/v1/lineage", auth: { type: "api_key", apiKey: "unknown" } },
          },
        }),
        SHOP_FOLDER: folder,
        ...(database === undefined ? {} : { AIRFLOW_CONN_SHOP: database.url }),
      });

      const runsOf = async (name: string): Promise<readonly Run[]> =>
        (await ask(ofShop, `/api/v1/lineage/runs?namespace=team&name=${name}&project=shop`)).runs;
      const runOf = async (name: string): Promise<Run> => {
        const [run, ...others] = await runsOf(name);
        assert.ok(run !== undefined && others.length === 0, `${others.length} runs more of ${name}`);
        return run;
      };
      const untilMs = Date.now() + longestRunMs;
      const isOver = async (name: string): Promise<boolean> =>
        (await runsOf(name)).some(({ endedAt }) => endedAt !== null);
      while (!(await isOver("nightly")) || !(await isOver("strict"))) {
        assert.ok(Date.now() < untilMs, airflow.log().slice(-8_000));
        await sleep(500);
      }
      assert.match(airflow.log(), /401 Client Error/, "the emitter with an unknown token is refused");

      const told = await Promise.all(["nightly", "strict"].map(async (name) => await runOf(name)));
      assert.deepEqual(
        told.map(({ state, parentId }) => [state, parentId]),
        [
          ["COMPLETE", null],
          ["FAIL", null],
        ],
        airflow.log().slice(-20_000),
      );
      for (const { startedAt, endedAt } of told) assert.ok(String(startedAt) < String(endedAt));
      const statesWithin = async (token: string, of: Run | undefined, more: string): Promise<object> => {
        const { runs } = await ask(token, `/api/v1/lineage/runs?parent=${of?.id}${more}`);
        return Object.fromEntries(
          runs.map(({ job, state }: { job: { name: string }; state: string }) => [job.name, state]),
        );
      };
      const total = database === undefined ? {} : { "nightly.total": "COMPLETE" };
      const well = { "nightly.count": "COMPLETE", "nightly.check": "COMPLETE", ...total };
      const refused = { "strict.count": "COMPLETE", "strict.check": "FAIL" };
      for (const [token, more] of [
        [ofShop, "&project=shop"],
        [everywhere, ""],
      ] as const) {
        assert.deepEqual(await statesWithin(token, told[0], more), well);
        assert.deepEqual(await statesWithin(token, told[1], more), refused);
      }
      const { facets } = await runOf("strict.check");
      assert.match(facets["errorMessage"].message, /3 orders instead of 1000/);

      await house.run();
      const graphOf = async (name: string) => {
        const node = encodeURIComponent(`dataset:${name}`);
        const { graph, columns } = await ask(ofShop, `/api/v1/lineage?nodeId=${node}&depth=20&project=shop`);
        const edges = graph.flatMap(({ outEdges }: { outEdges: { origin: string; destination: string }[] }) =>
          outEdges.map(({ origin, destination }) =>
            `${origin} > ${destination}`.replaceAll(`${folder}/`, ""),
          ),
        );
        return { edges: edges.toSorted(), columns };
      };
      assert.deepEqual((await graphOf(`file:${folder}/data/orders.csv`)).edges, [
        "dataset:file:data/orders.csv > job:team:nightly.count",
        "dataset:file:data/orders.csv > job:team:strict.count",
        "dataset:file:nightly.txt > job:gyre:shop.report",
        "job:gyre:shop.report > dataset:file:report.txt",
        "job:team:nightly.count > dataset:file:nightly.txt",
        "job:team:strict.count > dataset:file:strict.txt",
      ]);
      if (database === undefined)
        return test.diagnostic("no PostgreSQL: what its operator reports is left out");
      const { edges, columns } = await graphOf(database.orders);
      assert.deepEqual(edges, [
        `dataset:${database.orders} > job:team:nightly.total`,
        `job:team:nightly.total > dataset:${database.totals}`,
      ]);
      assert.deepEqual(
        columns.map(({ originField, destinationField }: Record<string, string>) => [
          originField,
          destinationField,
        ]),
        [
          ["amount", "total"],
          ["customer", "customer"],
        ],
      );
    },
  );
});

/** A database of this test's own with a table of orders, and what its tables are called in lineage. */
async function openDatabase(): Promise<
  { readonly url: string; readonly orders: string; readonly totals: string } | undefined
> {
  const server = process.env["GYRE_TEST_POSTGRES_URL"];
  if (server === undefined || server === "") return undefined;
  const name = `airflow_${randomBytes(6).toString("hex")}`;
  await query(server, `create database ${name}`);
  after(() => query(server, `drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  await query(url.href, "create table orders (customer text, amount integer)");
  const lineageName = (table: string): string => `postgres://${url.host}:${name}.public.${table}`;
  return { url: url.href, orders: lineageName("orders"), totals: lineageName("totals") };
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
