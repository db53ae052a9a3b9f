import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

import { Problem } from "#kernel/errors";
import type { Log } from "#kernel/log";

import { endPredecessor } from "./predecessor.ts";
import { problems } from "./problems.ts";
import { answerSchema } from "./routing/index.ts";
import type { Answer, RoutingTable, VariantReport } from "./routing/index.ts";

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
  start(): Promise<{ port: number; processId: number }>;
  port(): number;
  processId(): number | undefined;
  isUp(): boolean;
  route(table: RoutingTable): Promise<void>;
  setClock(nowMs: number): Promise<void>;
  report(): Promise<VariantReport[]>;
  rotateLog(): Promise<void>;
  stop(): Promise<void>;
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
  onBack(listening: { port: number; processId: number }): void;
}

type Waiting = { resolve(answer: Answer): void; reject(error: unknown): void };
/** Each kind of order without its id, which the channel adds. */
type Unsent =
  | { kind: "route"; table: RoutingTable }
  | { kind: "set_clock"; nowMs: number }
  | { kind: "report" }
  | { kind: "rotate_log" }
  | { kind: "stop" };

const healthyAfterMs = 60_000;
const longestDelayMs = 10_000;
const stopGraceMs = 5_000;

export function createGatewayProcess(options: GatewayProcessOptions): GatewayProcess {
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | undefined;
  let port = options.port;
  let nextId = 1;
  let stopping = false;
  let lastTable: RoutingTable | undefined;
  let delayMs = 0;
  let restart: NodeJS.Timeout | undefined;

  async function start(): Promise<{ port: number; processId: number }> {
    const predecessor = await endPredecessor(options.folder);
    if (port === 0 && predecessor !== undefined && (await isFree(options.host, predecessor.port))) {
      port = predecessor.port;
    }
    const startedAtMs = Date.now();
    const simulatedMs = options.simulatedNowMs();
    const started = fork(
      fileURLToPath(options.program),
      [
        options.folder,
        options.host,
        String(port),
        ...(simulatedMs === undefined ? [] : [String(simulatedMs)]),
      ],
      { stdio: ["ignore", "ignore", "pipe", "ipc"], serialization: "json" },
    );
    started.stderr?.on("data", (chunk: Buffer) =>
      options.log.warn("the gateway says", { text: chunk.toString().trimEnd() }),
    );
    const listening = await new Promise<number>((resolve, reject) => {
      started.on("message", (message) => {
        const answer = answerSchema.parse(message);
        if (answer.kind === "listening") resolve(answer.port);
        else if (answer.kind === "could_not_start") reject(cannotStart(answer.code, answer.message, port));
        else receive(answer);
      });
      started.once("exit", (code, signal) => {
        reject(cannotStart("ended", `it ended with ${signal ?? code}`, port));
        if (child === started) lost(`the process ended with ${signal ?? code}`, startedAtMs);
      });
    });
    child = started;
    port = listening;
    if (lastTable !== undefined) await send({ kind: "route", table: lastTable });
    return { port, processId: started.pid ?? 0 };
  }

  function lost(reason: string, startedAtMs: number): void {
    child = undefined;
    for (const one of waiting.values()) one.reject(unavailable(reason));
    waiting.clear();
    if (stopping) return;
    options.onLost(reason);
    if (Date.now() - startedAtMs > healthyAfterMs) delayMs = 0;
    restart = setTimeout(() => void startAgain(), delayMs);
    delayMs = Math.min(longestDelayMs, Math.max(200, delayMs * 2));
  }

  async function startAgain(): Promise<void> {
    try {
      options.onBack(await start());
    } catch (error) {
      options.log.error("the gateway cannot start", { error });
      if (!stopping) restart = setTimeout(() => void startAgain(), longestDelayMs);
    }
  }

  function receive(answer: Answer): void {
    if (!("id" in answer)) return;
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === "refused") one?.reject(new Error(`the gateway refused an order: ${answer.message}`));
    else one?.resolve(answer);
  }

  function send(order: Unsent): Promise<Answer> {
    const to = child;
    if (to === undefined) return Promise.reject(unavailable("it is not running"));
    const id = nextId++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      to.send({ ...order, id }, (error) => {
        if (error === null) return;
        waiting.delete(id);
        reject(unavailable(error.message));
      });
    });
  }

  return {
    start,
    port: () => port,
    processId: () => child?.pid,
    isUp: () => child !== undefined,
    async route(table) {
      lastTable = table;
      await send({ kind: "route", table });
    },
    async setClock(nowMs) {
      await send({ kind: "set_clock", nowMs });
    },
    async report() {
      const answer = await send({ kind: "report" });
      return answer.kind === "report" ? answer.variants : [];
    },
    async rotateLog() {
      await send({ kind: "rotate_log" });
    },
    async stop() {
      stopping = true;
      clearTimeout(restart);
      const ending = child;
      if (ending === undefined) return;
      const ended = new Promise<void>((resolve) => ending.once("exit", () => resolve()));
      send({ kind: "stop" }).catch(() => {});
      const impatient = setTimeout(() => ending.kill("SIGKILL"), stopGraceMs);
      await ended;
      clearTimeout(impatient);
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

function cannotStart(code: string, message: string, port: number): Problem {
  const text =
    code === "EADDRINUSE"
      ? `Port ${port} for the gateway is taken by another program.`
      : `The gateway cannot start: ${message}.`;
  return new Problem(problems.gateway_cannot_start, { message: text });
}

function unavailable(reason: string): Problem {
  return new Problem(problems.gateway_unavailable, { message: `The gateway does not answer: ${reason}.` });
}
