import { deepEqual, equal, ok } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { z } from "zod";

import { modelThing } from "#access";
import { evidenceSchema } from "#delivery";
import { createManualClock, hourMs, minuteMs } from "#kernel/clock";
import type { ManualClock } from "#kernel/clock";
import { readConfig } from "#kernel/config";
import { temporaryFolder } from "#kernel/testing";
import { startServer } from "#main";
import type { System } from "#main";

import { holdoutRows, ruleText, writeProject } from "./fixtures/project.ts";
import { readGatewayFile } from "./routing/index.ts";

const startMs = Date.UTC(2027, 0, 1, 17, 30);

interface Stage {
  readonly folder: string;
  readonly system: System;
  readonly clock: ManualClock;
  advance(ms: number): Promise<void>;
  /** Makes the rule that finds this word a version, and releases it; it is approved and rolls out, or is live. */
  release(word: string): Promise<string>;
  routing(): Promise<(string | number)[][]>;
  /** Resolves when it is back, with what the ledger says of gateways. */
  killGateway(): Promise<string[]>;
}

/** The whole system with the project of rules, on ports of its own. */
async function stage(): Promise<Stage> {
  const starting: { system?: System } = {};
  after(() => starting.system?.stop());
  const folder = await temporaryFolder();
  await writeProject(folder);
  const clock = createManualClock(startMs);
  const flags = { port: "0", gatewayPort: "0", logLevel: "error" };
  const { config } = readConfig({ flags, environment: {}, workingFolder: folder });
  const system = await startServer(config, clock);
  starting.system = system;
  const { id: reviewer } = await system.access.commands.addPrincipal({
    name: "reviewer",
    kind: "person",
    actor: "system",
  });

  const release = async (word: string): Promise<string> => {
    await writeFile(join(folder, "baseline.yaml"), ruleText(word));
    const { baseline } = await system.projectFolder.apply({ folder, actor: "usr_author" });
    const { id } = await system.delivery.commands.requestRelease({
      project: "care",
      modelVersionId: baseline?.id ?? "",
      environment: "production",
      actor: "usr_author",
    });
    await system.settle();
    await system.delivery.commands.approveRelease({ releaseId: id, actor: reviewer });
    await system.settle();
    return id;
  };
  const advance = async (ms: number): Promise<void> => {
    clock.advanceMs(ms);
    await system.serving.setClock(clock.nowMs());
    await system.settle();
  };
  const routing = async (): Promise<(string | number)[][]> => {
    const [deployment] = await system.serving.listDeployments("care");
    return (deployment?.variants ?? []).map(({ role, number, share }) => [role, number, share]);
  };
  const killGateway = async (): Promise<string[]> => {
    const gateway = readGatewayFile(join(folder, ".gyre/gateway"));
    process.kill(gateway?.pid ?? 0, "SIGKILL");
    const events = async () =>
      (await system.ledger.list({ kinds: ["gateway.lost", "gateway.started"] })).map((one) => one.kind);
    while ((await events()).length < 3) await pause(20);
    return await events();
  };
  return { folder, system, clock, advance, release, routing, killGateway };
}

const ask = async ({ system }: Stage, text: string, customer = "c1"): Promise<string> => {
  const [deployment] = await system.serving.listDeployments("care");
  const [answer] = await system.serving.predict(deployment?.id ?? "", [{ text, customer, name: "Ada" }]);
  return answer?.label ?? "";
};

describe("serving", () => {
  it("follows a release from staging to live, to the next one's rollout, and back", async () => {
    const on = await stage();
    await on.release("late");
    deepEqual(await on.routing(), [["live", 1, 1]]);
    equal(await ask(on, "late"), "angry");

    await on.release("thank");
    deepEqual(await on.routing(), [
      ["live", 1, 1],
      ["shadow", 2, 0],
    ]);
    await on.advance(hourMs);
    deepEqual(await on.routing(), [
      ["live", 1, 0.5],
      ["canary", 2, 0.5],
    ]);
    await on.advance(hourMs);
    deepEqual(await on.routing(), [["live", 2, 1]]);
    equal(await ask(on, "thank you"), "angry");

    await on.system.delivery.commands.rollBack({
      project: "care",
      environment: "production",
      actor: "usr_author",
      reason: "worse",
    });
    await on.system.settle();
    deepEqual(await on.routing(), [["live", 1, 1]]);
    equal(await ask(on, "thank you"), "calm");
  });

  it("measures a candidate on the whole holdout over HTTP, and under a load", async () => {
    const on = await stage();
    const releaseId = await on.release("late");
    const [event] = await on.system.ledger.list({ kinds: ["candidate.measured"] });
    const { evidenceDigest } = z.object({ evidenceDigest: z.string() }).parse(event?.data);
    const evidence = evidenceSchema.parse(JSON.parse(await on.system.blobs.readText(evidenceDigest)));
    equal(event?.subject, releaseId);
    deepEqual(
      [evidence.candidate.length, evidence.candidate.filter((row) => row.decision).length],
      [holdoutRows, holdoutRows / 3],
    );
    deepEqual([evidence.load.errors, evidence.load.latenciesMs.length], [0, evidence.load.requests]);
    ok(evidence.load.requests > 0 && evidence.load.requests <= 400);
    equal(evidence.baseline, null);
  });

  it("changes nothing when it is told again what it knows, also many times at once", async () => {
    const on = await stage();
    await on.release("late");
    const updates = async () => await on.system.ledger.list({ kinds: ["deployment.updated"] });
    const before = await updates();
    await Promise.all(Array.from({ length: 5 }, () => on.system.serving.reconcile()));
    deepEqual(await updates(), before);
    deepEqual(await on.routing(), [["live", 1, 1]]);
  });

  it("says that a deployment is degraded when a version's file cannot be opened, and goes on with the others", async () => {
    const on = await stage();
    await on.release("late");
    const releaseId = await on.release("thank");
    const { modelVersionId } = await on.system.delivery.getRelease(releaseId);
    const { runnableDigest } = await on.system.registry.getVersion(modelVersionId);
    await writeFile(await on.system.blobs.localPath(runnableDigest ?? ""), "not a rule").catch(() => {});
    await on.killGateway();
    await on.system.serving.reconcile();
    const [deployment] = await on.system.serving.listDeployments("care");
    equal(deployment?.state, "degraded");
    equal(await ask(on, "late"), "angry");
  });

  it("restarts a gateway that is killed, with what was decided meanwhile", async () => {
    const on = await stage();
    await on.release("late");
    deepEqual(await on.killGateway(), ["gateway.started", "gateway.lost", "gateway.started"]);
    await on.system.serving.reconcile();
    equal(await ask(on, "late"), "angry");
    const [deployment] = await on.system.serving.listDeployments("care");
    deepEqual([deployment?.state, deployment?.variants[0]?.requests], ["ready", 1]);
  });
});

describe("the sealing of the prediction log", () => {
  it("loses no row to any query, before, while and after", async () => {
    const on = await stage();
    await on.release("late");
    const [deployment] = await on.system.serving.listDeployments("care");
    const id = deployment?.id ?? "";
    const range = { fromMs: startMs - hourMs, toMs: startMs + 10 * hourMs, stepMs: hourMs };
    const count = async (): Promise<number> =>
      (await on.system.serving.traffic(id, range)).reduce((sum, point) => sum + point.predictions, 0);
    const predict = async (rows: number): Promise<void> => {
      const inputs = Array.from({ length: rows }, (_, row) => ({ text: `late ${row}`, customer: `c${row}` }));
      await on.system.serving.predict(id, inputs);
    };

    await predict(100);
    equal(await count(), 100);
    const counts: number[] = [];
    const sealing = on.advance(40 * minuteMs);
    let isDone = false;
    void sealing.then(() => (isDone = true));
    while (!isDone) counts.push(await count());
    await sealing;
    deepEqual([...new Set(counts)], [100]);

    const sealed = await on.system.db.query.selectFrom("log_segments").select(["rows"]).execute();
    deepEqual(
      sealed.map(({ rows }) => Number(rows)),
      [100],
    );
    await predict(20);
    equal(await count(), 120);
    // Ten minutes later no quarter of a day has ended: the open segment stays as it is, and is read all the same.
    await on.advance(10 * minuteMs);
    equal((await on.system.db.query.selectFrom("log_segments").selectAll().execute()).length, 1);
    equal(await count(), 120);
  });

  it("goes on by the clock, also when days pass at once", async () => {
    const on = await stage();
    await on.release("late");
    for (let day = 0; day < 3; day++) {
      await ask(on, `late on day ${day}`);
      await on.advance(24 * hourMs);
    }
    const sealed = await on.system.db.query.selectFrom("log_segments").select(["rows"]).execute();
    deepEqual(
      sealed.map(({ rows }) => Number(rows)),
      [1, 1, 1],
    );
  });

  it("shows a deployment, and lets it be asked, by what a grant on its model says beside the role", async () => {
    const on = await stage();
    await on.release("late");
    const [deployment] = await on.system.serving.listDeployments("care");
    const path = `/api/v1/projects/care/deployments`;
    const one = `${path}/${deployment?.id}`;
    const statuses = async (
      name: string,
      { role, level }: { readonly role?: "contributor"; readonly level?: "none" | "read" },
    ): Promise<(number | string)[]> => {
      const { commands } = on.system.access;
      const actor = "system";
      const { id: principal } = await commands.addPrincipal({ name, kind: "service", actor });
      if (role !== undefined) await commands.grantRole({ principal, role, project: "care", actor });
      const thing = modelThing(await nameOfModel());
      if (level !== undefined) await commands.grantThing({ principal, thing, level, actor });
      const { secret } = await commands.issueToken({ principal, label: "test", expiresAtMs: null, actor });
      const send = (url: string, body?: object): Promise<Response> =>
        fetch(`${on.system.url()}${url}`, {
          method: body === undefined ? "GET" : "POST",
          headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      const rows = [{ text: "late", customer: "c1", name: "Ada" }];
      const asked = [
        await send(one),
        await send(`${one}/traffic?from=0&to=1`),
        await send(`${one}/predict`, { rows }),
      ].map(({ status }) => status);
      const list = await send(path);
      return [...asked, list.ok ? String((await list.text()).includes(deployment?.id ?? "?")) : list.status];
    };
    const model = deployment?.model ?? "";
    const nameOfModel = async (): Promise<string> =>
      (await on.system.registry.flatNamesOf("care", [model])).get(model) ?? "";

    deepEqual(await statuses("cora", { role: "contributor" }), [200, 200, 200, "true"]);
    deepEqual(await statuses("eve", { role: "contributor", level: "none" }), [403, 403, 403, "false"]);
    deepEqual(await statuses("ann", { role: "contributor", level: "read" }), [200, 200, 200, "true"]);
    deepEqual(await statuses("rita", { level: "read" }), [200, 200, 403, "true"]);
    deepEqual(await statuses("mallory", {}), [403, 403, 403, 403]);
  });
});
