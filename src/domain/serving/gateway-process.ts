import { createServer } from "node:net";

import type { Log } from "#kernel/log";

import { gatewayUnavailable, startGatewayChild } from "./gateway-child.ts";
import type { GatewayChild } from "./gateway-child.ts";
import { endPredecessor } from "./predecessor.ts";
import type { RoutingTable, UnopenedModel, VariantReport } from "./routing/index.ts";

/**
 * The gateway as the control plane sees it.
 *
 * It is started, told its routing table, and restarted when it ends by itself: at once the first time,
 * then after 0.2 s doubled up to 10 s, back to at once when it has lived for a minute. A restarted
 * gateway gets the last table and the last simulated time before anything else. One that an earlier
 * control plane left behind is ended first, and its port taken over where any free one will do.
 */
export interface GatewayProcess {
  /** Resolves when the gateway listens. Throws `gateway_cannot_start`. */
  start(): Promise<Listening>;
  port(): number;
  processId(): number | undefined;
  isUp(): boolean;
  /** Gives the versions the gateway could not open. Throws `gateway_unavailable`; the table is told at the next start. */
  route(table: RoutingTable): Promise<readonly UnopenedModel[]>;
  setClock(nowMs: number): Promise<void>;
  report(): Promise<readonly VariantReport[]>;
  /** Seals the open segment of the prediction log. */
  rotateLog(): Promise<void>;
  stop(): Promise<void>;
}

export interface Listening {
  readonly port: number;
  readonly processId: number;
}

export interface GatewayProcessOptions {
  readonly program: URL;
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** The simulated time to begin with, or undefined for the system's clock. */
  readonly simulatedNowMs: () => number | undefined;
  readonly log: Log;
  onLost(reason: string): void;
  /** It was restarted, and has the last table. */
  onBack(listening: Listening): void;
}

const healthyAfterMs = 60_000;
const firstDelayMs = 200;
const longestDelayMs = 10_000;

export function createGatewayProcess(options: GatewayProcessOptions): GatewayProcess {
  const { log } = options;
  let child: GatewayChild | undefined;
  let port = options.port;
  let stopping = false;
  let lastTable: RoutingTable | undefined;
  let delayMs = 0;
  let restart: NodeJS.Timeout | undefined;
  let starting: Promise<GatewayChild> | undefined;

  async function launch(): Promise<Listening> {
    starting = startGatewayChild({ ...options, port });
    const started = await starting.finally(() => (starting = undefined));
    const startedAtMs = performance.now();
    port = started.port;
    child = started;
    void started.ended.then((reason) => lost(started, reason, performance.now() - startedAtMs));
    if (lastTable !== undefined) {
      // Lost again already, or a table it refuses: the first plans the next start, the second is told again.
      await started
        .route(lastTable)
        .catch((error: unknown) => log.error("the gateway was not routed", { error }));
    }
    return { port, processId: started.processId };
  }

  function lost(ended: GatewayChild, reason: string, livedMs: number): void {
    if (child === ended) child = undefined;
    if (stopping) return;
    options.onLost(reason);
    if (livedMs > healthyAfterMs) delayMs = 0;
    launchLater();
  }

  function launchLater(): void {
    restart = setTimeout(() => void launchAgain(), delayMs);
    delayMs = Math.min(longestDelayMs, Math.max(firstDelayMs, delayMs * 2));
  }

  async function launchAgain(): Promise<void> {
    try {
      options.onBack(await launch());
    } catch (error) {
      log.error("the gateway cannot start", { error });
      if (!stopping) launchLater();
    }
  }

  function requireChild(): GatewayChild {
    if (child === undefined) throw gatewayUnavailable("it is not running");
    return child;
  }

  return {
    async start() {
      const predecessor = await endPredecessor(options.folder);
      const isWanted = port === 0 && predecessor !== undefined;
      if (isWanted && (await isFree(options.host, predecessor.port))) port = predecessor.port;
      return await launch();
    },
    port: () => port,
    processId: () => child?.processId,
    isUp: () => child !== undefined,
    async route(table) {
      lastTable = table;
      return await requireChild().route(table);
    },
    setClock: async (nowMs) => await requireChild().setClock(nowMs),
    report: async () => await requireChild().report(),
    rotateLog: async () => await requireChild().rotateLog(),
    async stop() {
      stopping = true;
      clearTimeout(restart);
      const ending = child ?? (await starting?.catch(() => undefined));
      await ending?.stop();
    },
  };
}

/** Any free port was asked for: that of the predecessor is wanted only when nobody has taken it meanwhile. */
function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
