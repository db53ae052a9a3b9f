import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Environment } from "#compute";
import { temporaryFolder } from "#kernel/testing";

import { openHouse } from "../../sign-in/house.ts";
import { openOrdersDatabase } from "./database.ts";
import type { OrdersDatabase } from "./database.ts";
import { startAirflow } from "./installation.ts";
import type { Airflow } from "./installation.ts";

export interface Team {
  readonly airflow: Airflow;
  /** Of the project `shop`. */
  readonly folder: string;
  readonly database: OrdersDatabase | undefined;
  /** Shows the token of the project's contributor, or that of a service which may write everywhere. */
  readonly tokens: { readonly ofShop: string; readonly everywhere: string };
  ask(token: string, path: string): Promise<ReturnType<typeof JSON.parse>>;
  /** The only run of a job of Airflow's that was reported to the project. */
  runOf(job: string): Promise<ReportedRun>;
  /** Waits until a job's run was reported as over. */
  untilOver(job: string): Promise<void>;
}

export interface ReportedRun {
  readonly id: string;
  readonly state: string;
  readonly parentId: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly facets: Readonly<Record<string, ReturnType<typeof JSON.parse>>>;
}

const longestRunMs = 240_000;

/**
 * A server on which everybody signs in, and an Airflow that reports to it three times over: to the server, to
 * a project, and with a token that nobody knows. Its DAGs are the team's own, and the project's pipeline.
 */
export async function openTeam(
  environment: Environment,
  project: Readonly<Record<string, string>>,
): Promise<Team> {
  const house = await openHouse(() => project);
  const { commands } = house.system.access;
  const tokenOf = async (principal: string): Promise<string> =>
    (await commands.issueToken({ principal, label: "airflow", expiresAtMs: null, actor: "system" })).secret;
  const grant = { role: "contributor", project: null } as const;
  const service = await commands.addPrincipal({ name: "airflow", kind: "service", grant, actor: "system" });
  const tokens = { ofShop: await tokenOf(house.ada), everywhere: await tokenOf(service.id) };
  const ask: Team["ask"] = async (token, path) => {
    const { status, text } = await house.as(token, "GET", path);
    assert.equal(status, 200, text);
    return JSON.parse(text);
  };

  const folder = join(dirname(house.aside), "shop");
  const dags = await temporaryFolder();
  await copyFile(join(import.meta.dirname, "nightly.py"), join(dags, "nightly.py"));
  const exported = await ask(tokens.ofShop, "/api/v1/projects/shop/pipeline/export/airflow");
  await writeFile(join(dags, exported.file), exported.text);
  const database = await openOrdersDatabase();
  const reportTo = (endpoint: string, apiKey: string): object => ({
    type: "http",
    url: house.system.url(),
    endpoint,
    auth: { type: "api_key", apiKey },
  });
  const transport = {
    type: "composite",
    continue_on_failure: true,
    transports: {
      server: reportTo("api/v1/lineage", tokens.everywhere),
      project: { ...reportTo("api/v1/projects/shop/lineage", tokens.ofShop), compression: "gzip" },
      stranger: reportTo("api/v1/lineage", "unknown"),
    },
  };
  const airflow = await startAirflow(environment, dags, {
    AIRFLOW__OPENLINEAGE__NAMESPACE: "team",
    AIRFLOW__OPENLINEAGE__TRANSPORT: JSON.stringify(transport),
    GYRE_TOKEN: tokens.ofShop,
    SHOP_FOLDER: folder,
    ...(database === undefined ? {} : { AIRFLOW_CONN_SHOP: database.url }),
  });

  const runsOf = async (job: string): Promise<readonly ReportedRun[]> =>
    (await ask(tokens.ofShop, `/api/v1/lineage/runs?namespace=team&name=${job}&project=shop`)).runs;
  return {
    airflow,
    folder,
    database,
    tokens,
    ask,
    async runOf(job) {
      const [run, ...others] = await runsOf(job);
      assert.ok(run !== undefined && others.length === 0, `${others.length} runs more of ${job}`);
      return run;
    },
    async untilOver(job) {
      const untilMs = Date.now() + longestRunMs;
      while (!(await runsOf(job)).some(({ endedAt }) => endedAt !== null)) {
        assert.ok(Date.now() < untilMs, airflow.log().slice(-8_000));
        await sleep(500);
      }
    },
  };
}
