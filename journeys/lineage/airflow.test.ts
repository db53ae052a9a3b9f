import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { findEnvironment } from "../interop/environments.ts";
import { openTeam } from "./airflow/team.ts";
import type { Team } from "./airflow/team.ts";

const project = {
  "data/orders.csv": "customer,amount\nada,10\nbob,20\nada,5\n",
  "dvc.yaml":
    "stages: { report: { cmd: cat nightly.txt > report.txt, deps: [nightly.txt], outs: [report.txt] } }\n",
};

describe("Airflow's own emitter of OpenLineage", () => {
  it(
    "reports what its scheduler runs, signed in, to the server and to a project",
    { timeout: 900_000 },
    async (test) => {
      const environment = await findEnvironment("airflow");
      if (typeof environment === "string") return test.skip(environment);
      const team = await openTeam(environment, project);
      // The scheduler may say that a DAG is over before its last task has said so of itself.
      for (const job of ["nightly", "nightly.check", "strict", "strict.check"]) await team.untilOver(job);
      await checkRuns(team);

      await team.airflow.trigger("shop");
      for (const job of ["shop", "shop.report"]) await team.untilOver(job);
      assert.match(team.airflow.log(), /401 Client Error/, "the emitter with an unknown token is refused");
      const { executions } = await team.ask(team.tokens.ofShop, "/api/v1/projects/shop/executions");
      assert.deepEqual(
        executions.map(({ purpose, state }: ReturnType<typeof JSON.parse>) => [purpose, state]),
        [
          [
            {
              kind: "requested",
              reason: executions[0].purpose.reason,
              parent: { namespace: "team", job: "shop.report", runId: (await team.runOf("shop.report")).id },
              root: { namespace: "team", job: "shop", runId: (await team.runOf("shop")).id },
            },
            "succeeded",
          ],
        ],
        "the pipeline that Airflow ran stands within Airflow's own runs",
      );
      await checkGraph(team);
      if (team.database === undefined) {
        return test.diagnostic("no PostgreSQL: what its operator reports is left out");
      }
    },
  );
});

/** A DAG that goes well and one that its last task refuses, each with its tasks within it. */
async function checkRuns({ airflow, ask, runOf, tokens, database }: Team): Promise<void> {
  const [well, refused] = [await runOf("nightly"), await runOf("strict")];
  const told = [well, refused].map(({ state, parentId }) => [state, parentId]);
  const expected = [
    ["COMPLETE", null],
    ["FAIL", null],
  ];
  assert.deepEqual(told, expected, airflow.log().slice(-20_000));
  for (const { startedAt, endedAt } of [well, refused]) assert.ok(String(startedAt) < String(endedAt));
  const statesWithin = async (token: string, parent: string, more: string): Promise<object> => {
    const { runs } = await ask(token, `/api/v1/lineage/runs?parent=${parent}${more}`);
    return Object.fromEntries(
      runs.map(({ job, state }: { job: { name: string }; state: string }) => [job.name, state]),
    );
  };
  const total = database === undefined ? {} : { "nightly.total": "COMPLETE" };
  for (const [token, more] of [
    [tokens.ofShop, "&project=shop"],
    [tokens.everywhere, ""],
  ] as const) {
    assert.deepEqual(await statesWithin(token, well.id, more), {
      "nightly.count": "COMPLETE",
      "nightly.check": "COMPLETE",
      ...total,
    });
    assert.deepEqual(await statesWithin(token, refused.id, more), {
      "strict.count": "COMPLETE",
      "strict.check": "FAIL",
    });
  }
  const { facets } = await runOf("strict.check");
  assert.match(facets["errorMessage"].message, /3 orders instead of 1000/);
}

/** Files that tasks declare join those of our stages; tables and columns come from the operator's SQL. */
async function checkGraph({ ask, database, folder, tokens }: Team): Promise<void> {
  const graphOf = async (name: string) => {
    const node = encodeURIComponent(`dataset:${name}`);
    const { graph, columns } = await ask(
      tokens.ofShop,
      `/api/v1/lineage?nodeId=${node}&depth=20&project=shop`,
    );
    const edges = graph.flatMap(({ outEdges }: { outEdges: { origin: string; destination: string }[] }) =>
      outEdges.map(({ origin, destination }) => `${origin} > ${destination}`.replaceAll(`${folder}/`, "")),
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
  if (database === undefined) return;
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
}
