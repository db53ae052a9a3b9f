import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { z } from "zod";

import { fullDisk, temporaryFolder } from "#kernel/testing";
import { answerSchema } from "#serving/routing";
import type { RoutingTable } from "#serving/routing";

import { startGateway } from "./gateway.ts";
import { careTable, ruleVariant } from "./fixtures/routing.ts";
import { askCare, loggedRecords, post, startedGateway, tensor } from "./fixtures/started.ts";
import { gatewayProgram } from "./index.ts";

interface RunningChild {
  readonly child: ChildProcess;
  readonly url: string;
}

/** The gateway as the process it is in production. */
async function forkGateway(folder: string, table?: RoutingTable): Promise<RunningChild> {
  const child = fork(gatewayProgram, [folder, "127.0.0.1", "0"], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  after(() => child.kill("SIGKILL"));
  const [first] = await once(child, "message");
  const listening = answerSchema.parse(first);
  if (listening.kind !== "listening") throw new Error(JSON.stringify(listening));
  if (table !== undefined) {
    child.send({ kind: "route", id: 1, table });
    await once(child, "message");
  }
  return { child, url: `http://127.0.0.1:${listening.port}` };
}

describe("a gateway that is killed", () => {
  it("has lost no prediction it acknowledged, under load", async () => {
    const folder = await temporaryFolder();
    const { child, url } = await forkGateway(folder, careTable([await ruleVariant(folder)]));
    const acknowledged: string[] = [];
    const client = async (name: string): Promise<void> => {
      for (;;) acknowledged.push((await askCare(url, "late", name)).predictionId);
    };
    const clients = Array.from({ length: 16 }, (_, index) => client(`c${index}`).catch(() => {}));
    while (acknowledged.length < 500) await pause(5);
    child.kill("SIGKILL");
    await Promise.all(clients);
    const logged = new Set((await loggedRecords(folder)).map((record) => record.prediction_id));
    ok(acknowledged.length >= 500);
    deepEqual(
      acknowledged.filter((id) => !logged.has(id)),
      [],
    );
  });

  it("answers again from its folder without any control plane, and keeps the earlier log", async () => {
    const folder = await temporaryFolder();
    const first = await forkGateway(folder, careTable([await ruleVariant(folder)]));
    await askCare(first.url, "late");
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    const second = await forkGateway(folder);
    second.child.disconnect();
    equal((await askCare(second.url, "so late")).label, "negative");
    equal((await loggedRecords(folder)).length, 2);
  });
});

describe("a gateway whose control plane is gone", () => {
  it("goes on answering and complaining, and leaves when asked to", async () => {
    const folder = await temporaryFolder();
    const variant = await ruleVariant(folder);
    const broken = { ...variant, modelVersionId: "mv_2", runnablePath: join(folder, "nowhere") };
    const { child, url } = await forkGateway(folder, {
      routes: [...careTable([variant]).routes, ...careTable([broken], { name: "broken" }).routes],
    });
    child.disconnect();
    child.stderr?.destroy();
    for (let time = 0; time < 3; time++) {
      const asked = { inputs: [tensor("text", ["x"])] };
      equal((await post(`${url}/v2/models/broken/infer`, asked)).status, 503);
      equal((await askCare(url, "late")).label, "negative");
      await pause(400);
    }
    child.kill("SIGTERM");
    deepEqual(await once(child, "exit"), [0, null]);
  });

  it("leaves Ctrl-C to the control plane while there is one", async () => {
    const folder = await temporaryFolder();
    const { child, url } = await forkGateway(folder, careTable([await ruleVariant(folder)]));
    child.kill("SIGINT");
    equal((await askCare(url, "late")).label, "negative");
    child.disconnect();
    await pause(100);
    child.kill("SIGINT");
    deepEqual(await once(child, "exit"), [0, null]);
  });
});

describe("a gateway that starts", () => {
  it("serves nothing yet when its table cannot be read, rather than not starting", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "routing.json"), '{"routes":[');
    const gateway = await startGateway({ folder, host: "127.0.0.1", port: 0, nowMs: undefined });
    const url = `http://127.0.0.1:${gateway.port}`;
    equal((await post(`${url}/v2/models/care/infer`, {})).status, 404);
    await gateway.stop();
  });

  it("refuses a folder in which another one lives", async () => {
    const started = await startedGateway(temporaryFolder());
    const second = startGateway({ folder: started.folder, host: "127.0.0.1", port: 0, nowMs: undefined });
    await rejects(second, { code: "log_in_use" });
  });

  it("answers an order it does not understand by going on", async () => {
    const folder = await temporaryFolder();
    const { child, url } = await forkGateway(folder, careTable([await ruleVariant(folder)]));
    child.send({ kind: "dance", id: 9 });
    equal((await askCare(url, "late")).label, "negative");
  });
});

describe("a full disk", () => {
  it("withholds predictions with 503, and lets them through when there is room again", async (test) => {
    const disk = await fullDisk(2_000_000);
    if (disk === undefined) return test.skip("mounting needs root");
    const started = await startedGateway(Promise.resolve(disk.folder));
    const asked = { inputs: [tensor("text", ["x".repeat(20_000)])] };
    const ask = () => post(`${started.url}/v2/models/care/infer`, asked);
    equal((await ask()).status, 200);
    await disk.fill();
    const refused = await ask();
    equal(refused.status, 503);
    const { code, error } = z.object({ code: z.string(), error: z.string() }).parse(refused.body);
    equal(code, "prediction_not_logged");
    match(error, /withheld/);
    const before = (await loggedRecords(started.folder)).length;
    await disk.makeRoom();
    equal((await ask()).status, 200);
    equal((await loggedRecords(started.folder)).length, before + 1);
    await started.gateway.stop();
  });
});
