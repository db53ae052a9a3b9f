import { deepEqual, equal, rejects } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { gatewayProgram } from "#gateway";
import { silentLog } from "#kernel/log";
import { temporaryFolder } from "#kernel/testing";

import { ruleText } from "./fixtures/project.ts";
import { startGatewayChild } from "./gateway-child.ts";
import { createGatewayProcess } from "./gateway-process.ts";
import type { GatewayProcess, GatewayProcessOptions } from "./gateway-process.ts";
import { createInfer } from "./inference-client.ts";
import type { RoutingTable } from "./routing/index.ts";

const signature = {
  inputs: [{ name: "text", datatype: "BYTES" as const, optional: false }],
  labels: ["angry", "calm"],
};

async function tableFor(folder: string): Promise<RoutingTable> {
  const runnablePath = join(folder, "rule.yaml");
  await writeFile(runnablePath, ruleText("late"));
  return {
    routes: [
      {
        name: "care",
        project: "care",
        deployment: "dep_care",
        positive: "angry",
        unit: null,
        log: { sample: 1, drop: [] },
        variants: [
          {
            role: "live",
            share: 1,
            releaseId: "rel_1",
            modelVersionId: "mv_1",
            number: 1,
            kind: "rule",
            runnablePath,
            signature,
            threshold: null,
          },
        ],
      },
    ],
  };
}

function gatewayIn(folder: string, change: Partial<GatewayProcessOptions> = {}): GatewayProcess {
  const gateway = createGatewayProcess({
    program: gatewayProgram,
    folder: join(folder, "gateway"),
    host: "127.0.0.1",
    port: 0,
    simulatedNowMs: () => undefined,
    log: silentLog,
    onLost: () => {},
    onBack: () => {},
    ...change,
  });
  after(() => gateway.stop());
  return gateway;
}

const label = async (gateway: GatewayProcess, text: string): Promise<string | undefined> =>
  (await createInfer(`http://127.0.0.1:${gateway.port()}`, "care", signature)([{ text }]))[0]?.label;

describe("the gateway's process", () => {
  it("comes back after kill -9 on its port, with the last table and the last simulated time", async () => {
    const folder = await temporaryFolder();
    let nowMs = Date.UTC(2027, 0, 1);
    const told: string[] = [];
    let back = (): void => {};
    const gateway = gatewayIn(folder, {
      simulatedNowMs: () => nowMs,
      onLost: (reason) => told.push(reason),
      onBack: () => back(),
    });
    const { port, processId } = await gateway.start();
    await gateway.route(await tableFor(folder));
    nowMs = Date.UTC(2027, 5, 1);
    await gateway.setClock(nowMs);
    for (let time = 1; time <= 2; time++) {
      const isBack = new Promise<void>((resolve) => {
        back = resolve;
      });
      process.kill(gateway.processId() ?? 0, "SIGKILL");
      await isBack;
    }
    deepEqual(told, Array(2).fill("the process ended with SIGKILL"));
    deepEqual([gateway.port(), gateway.processId() === processId], [port, false]);
    equal(await label(gateway, "late"), "angry");
  });

  it("fails an order that is under way when it ends, and says that it is away", async () => {
    const gateway = gatewayIn(await temporaryFolder());
    await gateway.start();
    const processId = gateway.processId() ?? 0;
    process.kill(processId, "SIGSTOP");
    const report = gateway.report();
    process.kill(processId, "SIGKILL");
    await rejects(report, { code: "gateway_unavailable" });
    equal(gateway.isUp(), false);
    await rejects(gateway.report(), { code: "gateway_unavailable" });
  });

  it("cannot start on a port that another program has, and names it", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    after(() => other.close());
    await pause(10);
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const gateway = gatewayIn(await temporaryFolder(), { port });
    await rejects(gateway.start(), {
      code: "gateway_cannot_start",
      message: `Port ${port} for the gateway is taken by another program.`,
    });
  });

  it("takes over from one that an earlier server left, on the port that it had", async () => {
    const folder = await temporaryFolder();
    // The bare process: nobody restarts it when it is ended.
    const first = await startGatewayChild({
      program: gatewayProgram,
      folder: join(folder, "gateway"),
      host: "127.0.0.1",
      port: 0,
      simulatedNowMs: () => undefined,
      log: silentLog,
    });
    await first.route(await tableFor(folder));
    const second = gatewayIn(folder);
    const started = await second.start();
    // It knows the earlier table from the folder, before it is told one.
    equal(await label(second, "late"), "angry");
    equal(started.port, first.port);
    equal(await first.ended, "the process ended with 0");
  });

  it("ends the process it is just starting, when it is stopped meanwhile", async () => {
    const gateway = gatewayIn(await temporaryFolder());
    const starting = gateway.start();
    await pause(5);
    await gateway.stop();
    await starting.catch(() => {});
    equal(gateway.isUp(), false);
  });
});
