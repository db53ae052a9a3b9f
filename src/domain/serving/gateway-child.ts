import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

import { Problem } from "#kernel/errors";
import type { Log } from "#kernel/log";

import { problems } from "./problems.ts";
import { answerSchema } from "./routing/index.ts";
import type { Answer, Order, RoutingTable, UnopenedModel, VariantReport } from "./routing/index.ts";

/** One running gateway process and the channel to it. Orders throw `gateway_unavailable` when it ends meanwhile. */
export interface GatewayChild {
  readonly port: number;
  readonly processId: number;
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
  route(table: RoutingTable): Promise<readonly UnopenedModel[]>;
  setClock(nowMs: number): Promise<void>;
  report(): Promise<readonly VariantReport[]>;
  rotateLog(): Promise<void>;
  /** Asks it to end, and ends it when it takes too long. */
  stop(): Promise<void>;
}

export interface GatewayChildOptions {
  readonly program: URL;
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly simulatedNowMs: () => number | undefined;
  readonly log: Log;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** An order without its id, which the channel adds. */
type Unsent = Order extends infer One ? (One extends Order ? Omit<One, "id"> : never) : never;

const stopGraceMs = 5_000;

/** Resolves when the gateway listens. Throws `gateway_cannot_start`. */
export async function startGatewayChild(options: GatewayChildOptions): Promise<GatewayChild> {
  const child = forkGateway(options);
  const waiting = new Map<number, Waiting>();
  let nextId = 1;

  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(`the process ended with ${signal ?? code}`));
  });
  void ended.then((reason) => {
    for (const one of waiting.values()) one.reject(gatewayUnavailable(reason));
    waiting.clear();
  });

  function receive(answer: Answer): void {
    if (!("id" in answer)) return;
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === "refused") one?.reject(new Error(`the gateway refused an order: ${answer.message}`));
    else one?.resolve(answer);
  }

  function send(order: Unsent): Promise<Answer> {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      if (!child.connected) return reject(gatewayUnavailable("it is not running"));
      waiting.set(id, { resolve, reject });
      child.send({ ...order, id }, (error) => {
        if (error === null) return;
        waiting.delete(id);
        reject(gatewayUnavailable(error.message));
      });
    });
  }

  const port = await firstWord(child, options, ended, receive);
  return {
    port,
    processId: child.pid ?? 0,
    ended,
    async route(table) {
      const answer = await send({ kind: "route", table });
      return answer.kind === "routed" ? answer.unopened : [];
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
      send({ kind: "stop" }).catch(() => {});
      const impatient = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
      await ended;
      clearTimeout(impatient);
    },
  };
}

function forkGateway(options: GatewayChildOptions): ChildProcess {
  const { program, folder, host, port, simulatedNowMs, log } = options;
  const nowMs = simulatedNowMs();
  const child = fork(
    fileURLToPath(program),
    [folder, host, String(port), ...(nowMs === undefined ? [] : [String(nowMs)])],
    { stdio: ["ignore", "ignore", "pipe", "ipc"], serialization: "json", env: environmentOfGateway() },
  );
  child.stderr?.on("data", (chunk: Buffer) =>
    log.warn("the gateway says", { text: chunk.toString().trimEnd() }),
  );
  return child;
}

/** It needs neither the state nor the bucket, and runs what others trained: their credentials are not its. */
function environmentOfGateway(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|GYRE)_/.test(name)));
}

/** The port it listens on. Later words go to `receive`. */
function firstWord(
  child: ChildProcess,
  { port, log }: GatewayChildOptions,
  ended: Promise<string>,
  receive: (answer: Answer) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("message", (message) => {
      const answer = answerSchema.safeParse(message);
      if (!answer.success) log.error("an answer of the gateway is not understood", { error: answer.error });
      else if (answer.data.kind === "listening") resolve(answer.data.port);
      else if (answer.data.kind === "could_not_start") {
        reject(cannotStart(answer.data.code, answer.data.message, port));
      } else receive(answer.data);
    });
    child.once("error", (error) => reject(cannotStart("failed", error.message, port)));
    void ended.then((reason) => reject(cannotStart("ended", reason, port)));
  });
}

function cannotStart(code: string, message: string, port: number): Problem {
  const text =
    code === "EADDRINUSE"
      ? `Port ${port} for the gateway is taken by another program.`
      : `The gateway cannot start: ${message}.`;
  return new Problem(problems.gateway_cannot_start, { message: text, data: { port } });
}

export function gatewayUnavailable(reason: string): Problem {
  return new Problem(problems.gateway_unavailable, { message: `The gateway does not answer: ${reason}.` });
}
