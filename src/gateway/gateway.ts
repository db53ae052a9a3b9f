import { join } from "node:path";

import { openAppendLog } from "#kernel/append-log";
import { createSkippingClock, systemClock } from "#kernel/clock";
import { processIdentity } from "#kernel/process-identity";
import { writeGatewayFile } from "#serving/routing";
import type { Answer, Order, RoutingTable } from "#serving/routing";

import { createComplaints } from "./complaints.ts";
import { createMeters } from "./meters.ts";
import { createModels } from "./models.ts";
import { createPredict } from "./predict.ts";
import { createGatewayServer } from "./server.ts";
import { readTable, writeTable } from "./table-file.ts";

export interface GatewayOptions {
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** A simulated time to begin with; the system's clock when absent. */
  readonly nowMs: number | undefined;
}

/** A gateway that listens. */
export interface Gateway {
  readonly port: number;
  /** Orders are obeyed one after the other. Never rejects: what cannot be done is `refused`. */
  obey(order: Order): Promise<Answer>;
  /** Requests under way are answered first. */
  stop(): Promise<void>;
}

const patienceMs = 2_000;

/**
 * Starts answering from the routing table in the folder, without waiting for a control plane; orders may
 * come later, or never. Throws `log_in_use` when another gateway lives in the folder, and what listening throws.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const simulated = options.nowMs === undefined ? undefined : createSkippingClock(options.nowMs);
  const clock = simulated ?? systemClock;
  const complain = createComplaints((line) => process.stderr.write(line));
  const log = await openAppendLog({ folder: join(options.folder, "predictions"), writer: "gateway", clock });
  const models = createModels();
  const meters = createMeters();
  const tablePath = join(options.folder, "routing.json");
  let { table } = await models.prepare(readTable(tablePath, complain));

  const routes = (): RoutingTable["routes"] => table.routes;
  const predict = createPredict({ models, meters, log, clock });
  const server = createGatewayServer({ predict, meters, routes, complain });
  const port = await listen(server, options).catch(async (error: unknown) => {
    await log.close();
    throw error;
  });
  writeGatewayFile(options.folder, { process: processIdentity, pid: process.pid, port });

  async function follow(order: Order): Promise<Answer> {
    const { id } = order;
    switch (order.kind) {
      case "route": {
        // Models are open before the first request can reach them, and closed only when no route names them.
        const prepared = await models.prepare(order.table);
        writeTable(tablePath, order.table);
        table = prepared.table;
        models.retire(table);
        meters.retain(table);
        return { kind: "routed", id, unopened: [...prepared.unopened] };
      }
      case "set_clock":
        simulated?.setMs(order.nowMs);
        return { kind: "done", id };
      case "report":
        return { kind: "report", id, variants: meters.report() };
      case "rotate_log":
        await log.rotate();
        return { kind: "done", id };
      case "stop":
        await stop();
        return { kind: "done", id };
    }
  }

  async function stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    // Requests under way finish; a client that keeps its connection open does not hold the stop.
    const impatient = setTimeout(() => server.closeAllConnections(), patienceMs);
    await closed;
    clearTimeout(impatient);
    await log.close();
  }

  let previous: Promise<unknown> = Promise.resolve();
  function obey(order: Order): Promise<Answer> {
    const answer = previous
      .then(() => follow(order))
      .catch((error: unknown): Answer => ({ kind: "refused", id: order.id, message: messageOf(error) }));
    previous = answer;
    return answer;
  }

  return { port, obey, stop };
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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
