import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openAppendLog } from "#kernel/append-log";
import { createSkippingClock, systemClock } from "#kernel/clock";
import type { Clock, ManualClock } from "#kernel/clock";

import { processIdentity } from "#kernel/process-identity";
import { answerSchema, orderSchema, writeGatewayFile } from "#serving/routing";
import type { Answer, Order } from "#serving/routing";
import { createMeters } from "./meters.ts";
import { createModels } from "./models.ts";
import { createPredict } from "./predict.ts";
import { routingTableSchema } from "#serving/routing";
import type { RoutingTable } from "#serving/routing";
import { createGatewayServer } from "./server.ts";

/**
 * The gateway process. Started by the control plane with a folder of its own; keeps answering when the
 * control plane is gone, from the routing table in that folder, and writes the prediction log itself.
 */
export interface GatewayOptions {
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** A simulated time to begin with; the system's clock when absent. */
  readonly nowMs: number | undefined;
}

export async function startGateway(options: GatewayOptions, tell: (answer: Answer) => void) {
  const simulated: ManualClock | undefined =
    options.nowMs === undefined ? undefined : createSkippingClock(options.nowMs);
  const clock: Clock = simulated ?? systemClock;
  const log = await openAppendLog({ folder: join(options.folder, "predictions"), writer: "gateway" });
  const models = createModels();
  const meters = createMeters();
  const tablePath = join(options.folder, "routing.json");
  let table = readTable(tablePath);
  await models.prepare(table);

  const server = createGatewayServer({
    predict: createPredict({ models, meters, log, clock }),
    meters,
    routes: () => table.routes,
  });
  const port = await listen(server, options);
  writeGatewayFile(options.folder, { process: processIdentity, pid: process.pid, port });
  tell({ kind: "listening", port, generation: table.generation });

  async function obey(order: Order): Promise<void> {
    switch (order.kind) {
      case "route":
        // Models are open before the first request can reach them, and closed only when no route names them.
        await models.prepare(order.table);
        writeTable(tablePath, order.table);
        table = order.table;
        await models.retire(table);
        break;
      case "set_clock":
        simulated?.setMs(order.nowMs);
        break;
      case "report":
        tell({ kind: "report", id: order.id, variants: meters.report() });
        return;
      case "rotate_log":
        await log.rotate();
        break;
      case "stop":
        await stop();
        break;
    }
    tell({ kind: "done", id: order.id });
  }

  async function stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    // Requests under way finish; a client that keeps its connection open does not hold the stop.
    const impatient = setTimeout(() => server.closeAllConnections(), 2_000);
    await closed;
    clearTimeout(impatient);
    await log.close();
  }

  return { obey, stop };
}

const emptyTable: RoutingTable = { generation: 0, routes: [] };

function readTable(path: string): RoutingTable {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return emptyTable;
  }
  return routingTableSchema.parse(JSON.parse(text));
}

function writeTable(path: string, table: RoutingTable): void {
  writeFileSync(`${path}.new`, JSON.stringify(table));
  renameSync(`${path}.new`, path);
}

function listen(server: ReturnType<typeof createGatewayServer>, options: GatewayOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : options.port);
    });
  });
}

/** Run as a child process: orders come and answers go over the channel to the parent. */
async function runAsChild(): Promise<void> {
  const [folder, host, port, nowMs] = process.argv.slice(2);
  if (folder === undefined || host === undefined) throw new Error("the gateway needs a folder and a host");
  // A control plane that was killed reads no more: what cannot be said must not end the gateway.
  process.stderr.on("error", () => {});
  const tell = (answer: Answer): void => {
    if (process.connected) process.send?.(answerSchema.parse(answer));
  };
  try {
    const gateway = await startGateway(
      { folder, host, port: Number(port ?? 0), nowMs: nowMs === undefined ? undefined : Number(nowMs) },
      tell,
    );
    process.on("message", (message: unknown) => {
      const order = orderSchema.parse(message);
      gateway.obey(order).then(
        () => (order.kind === "stop" ? process.exit(0) : undefined),
        (error: unknown) =>
          tell({
            kind: "refused",
            id: order.id,
            message: error instanceof Error ? error.message : String(error),
          }),
      );
    });
    process.on("SIGTERM", () => void gateway.stop().then(() => process.exit(0)));
    // Ctrl-C reaches the control plane as well, and that one orders the stop, in its turn.
    process.on("SIGINT", () => (process.connected ? undefined : process.kill(process.pid, "SIGTERM")));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
    tell({ kind: "could_not_start", code, message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect?.();
  }
}

if (import.meta.main) await runAsChild();
