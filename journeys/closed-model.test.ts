import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { z } from "zod";

import { modelThing } from "#access";
import type { Level, Role } from "#access";
import { createManualClock, dayMs } from "#kernel/clock";
import { readConfig } from "#kernel/config";
import { temporaryFolder } from "#kernel/testing";
import { startServer } from "#main";
import type { System } from "#main";

/*
 * The whole loop has run for a model called `hush`: released, asked, found out, an incident about it. Then every route
 * there is gets asked, with every id there is, by people who are shut out of that model.
 */

const startMs = Date.UTC(2027, 0, 1);
const charter = `project: shop
objective:
  decision: Which messages come first?
  task: classification
  target: mood
  positive: bad
  costs: { false_negative: 12, false_positive: 1.5, currency: EUR }
  baseline: baseline.yaml
  ready_when: [ { recall: ">= 0.5" } ]
data:
  messages: { source: { file: data/messages.csv } }
model: { name: hush, path: model/ }
delivery:
  approve: { production: 0 }
  rollout: [ { all: true } ]
monitoring: { outcomes: { key: prediction_id, arrive_within: 1d } }
`;
const rule = `version: 1
inputs: [text]
labels: [bad, fine]
rules:
  - when: { text: { contains_any: [late] } }
    then: { label: bad, score: 0.8 }
otherwise: { label: fine, score: 0.6 }
`;
const rows = Array.from({ length: 80 }, (_, row) =>
  row % 2 === 0 ? `${row},my parcel is late,bad` : `${row},thank you,fine`,
);

async function openShop() {
  const starting: { system?: System } = {};
  after(() => starting.system?.stop());
  const folder = await temporaryFolder();
  await mkdir(join(folder, "data"));
  await writeFile(join(folder, "gyre.yaml"), charter);
  await writeFile(join(folder, "baseline.yaml"), rule);
  await writeFile(join(folder, "data/messages.csv"), `id,text,mood\n${rows.join("\n")}\n`);
  const clock = createManualClock(startMs);
  const flags = { port: "0", gatewayPort: "0", logLevel: "error" };
  const { config } = readConfig({ flags, environment: {}, workingFolder: folder });
  const system = await startServer(config, clock);
  starting.system = system;
  const pass = async (ms: number): Promise<void> => {
    clock.advanceMs(ms);
    await system.serving.setClock(clock.nowMs());
    await system.settle();
  };

  const actor = (await system.access.localPrincipal()).id;
  const { baseline } = await system.projectFolder.apply({ folder, actor });
  const modelVersionId = baseline?.id ?? "";
  const release = await system.delivery.commands.requestRelease({
    project: "shop",
    modelVersionId,
    environment: "production",
    actor,
  });
  await system.settle();
  const [deployment] = await system.serving.listDeployments("shop");
  const asked = Array.from({ length: 200 }, () => ({ text: "where is it?" }));
  const predictions = await system.serving.predict(deployment?.id ?? "", asked);
  await pass(dayMs);
  // Every one of them was bad, and the rule has found none.
  const outcomes = predictions.map(({ predictionId }) => ({
    predictionId,
    value: "bad",
    observedAtMs: clock.nowMs(),
  }));
  await system.monitoring.commands.recordOutcomes({ project: "shop", outcomes, actor });
  for (let day = 0; day < 3; day++) await pass(dayMs);
  const [incident] = await system.monitoring.listIncidents("shop");
  const { named } = system.registry.commands;
  await named.createModel({ name: "shop-open", description: "", tags: {}, actor });

  return {
    system,
    ids: {
      project: "shop",
      model: "hush",
      version: "1",
      release: release.id,
      deployment: deployment?.id ?? "",
      incident: incident?.id ?? "",
      prediction: predictions[0]?.predictionId ?? "",
      dataset: "messages",
      number: "1",
    },
    /** What tells of the model wherever it stands. */
    secrets: [modelVersionId, release.id, incident?.id ?? "", predictions[0]?.predictionId ?? "", "hush"],
    async come(name: string, role: Role | undefined, level: Level | undefined): Promise<Visitor> {
      const { commands } = system.access;
      const { id: principal } = await commands.addPrincipal({ name, kind: "person", actor });
      if (role !== undefined) await commands.grantRole({ principal, role, project: "shop", actor });
      if (level !== undefined)
        await commands.grantThing({ principal, thing: modelThing("hush"), level, actor });
      const { secret } = await commands.issueToken({ principal, label: "test", expiresAtMs: null, actor });
      return async (path) => {
        const headers = { authorization: `Bearer ${secret}` };
        const answer = await fetch(`${system.url()}${path}`, { headers });
        return { status: answer.status, text: await answer.text() };
      };
    },
  };
}

type Visitor = (path: string) => Promise<{ readonly status: number; readonly text: string }>;

const described = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Every route of ours that is read by GET, with the ids of this shop where it has some of them. */
function readsOf(system: System, ids: Readonly<Record<string, string>>): { route: string; path: string }[] {
  const { paths } = described.parse(system.describeApi());
  const isEndless = /\/(stream|follow)$/;
  // Something for every question that a route may require.
  const query = new URLSearchParams({
    from: String(startMs),
    to: String(startMs + 4 * dayMs),
    nodeId: "dataset:gyre:shop/data/messages.csv",
    key: "loss",
    keys: "loss",
    runs: "absent",
  });
  return Object.entries(paths)
    .filter(([route, verbs]) => route.startsWith("/api/v1/") && "get" in verbs && !isEndless.test(route))
    .map(([route]) => ({
      route,
      path: `${route.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "absent")}?${query}`,
    }));
}

/** The routes whose answers hold one of the secrets, and in which state those are that do not. */
async function tellingRoutes(
  visitor: Visitor,
  reads: ReturnType<typeof readsOf>,
  secrets: readonly string[],
): Promise<string[]> {
  const telling: string[] = [];
  for (const { route, path } of reads) {
    const { status, text } = await visitor(path);
    assert.ok(status < 500, `${path}: ${status}`);
    // A refusal may repeat the address it refuses.
    if (status === 200 && secrets.some((secret) => text.includes(secret))) telling.push(route);
  }
  return telling.toSorted();
}

const base = "/api/v1/projects/{project}";
/** The file of the project names its model. */
const charterRoutes = [`${base}/charter`];
const modelRoutes = [
  `${base}/deployments`,
  `${base}/deployments/{deployment}`,
  `${base}/deployments/{deployment}/traffic`,
  `${base}/incidents`,
  `${base}/incidents/{incident}`,
  `${base}/models`,
  `${base}/models/{model}/versions`,
  `${base}/models/{model}/versions/{version}`,
  `${base}/monitoring`,
  `${base}/monitoring/quality`,
  `${base}/predictions/{prediction}/trace`,
  `${base}/releases`,
  `${base}/releases/{release}`,
];

describe("a model of which the whole loop has something to tell", () => {
  it("is told of at no route to whom it is closed, and at every one of them to whom it is open", async () => {
    const { system, ids, secrets, come } = await openShop();
    assert.deepEqual(
      Object.entries(ids).filter(([, id]) => id === ""),
      [],
    );
    const reads = readsOf(system, ids);
    const telling = async (name: string, role: Role | undefined, level: Level | undefined) =>
      await tellingRoutes(await come(name, role, level), reads, secrets);

    const ofProject = [`${base}/events`, `${base}/overview`];
    assert.deepEqual(
      await telling("cora", "contributor", undefined),
      [...charterRoutes, ...modelRoutes, ...ofProject].toSorted(),
    );
    for (const role of ["viewer", "member", "contributor", "approver"] as const)
      assert.deepEqual(await telling(`shut out ${role}`, role, "none"), charterRoutes, role);
    assert.deepEqual(await telling("nobody", undefined, "none"), []);
    for (const level of ["read", "use", "edit", "manage"] as const)
      assert.deepEqual(await telling(`only ${level}`, undefined, level), modelRoutes, level);
  });
});
