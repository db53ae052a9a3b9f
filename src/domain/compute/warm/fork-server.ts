import { spawn } from "node:child_process";
import { createServer, Socket } from "node:net";
import { constants as system } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { Exit, StartedProcess } from "../process.ts";

/** A process that has started, and forks for each step. */
export interface ForkServer {
  /** Resolves when the child stands behind its gate; undefined when the server has ended. */
  start(step: WarmStep): Promise<StartedProcess | undefined>;
  readonly isAlive: boolean;
  /** Whether it has come so far that a start costs no more than the fork. */
  readonly isReady: boolean;
  readonly running: number;
  stop(): void;
}

export interface WarmStep {
  /** As the process gets them, its own name first. */
  readonly words: readonly string[];
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface ForkServerOptions {
  /** A Python and its words: with what it waits in. */
  readonly command: readonly [interpreter: string, ...words: string[]];
  /** What the interpreter looks at while it starts. */
  readonly variables: Readonly<Record<string, string>>;
  /** Holds the sockets of its children. */
  readonly folder: string;
}

interface Child {
  begun(pid: number | undefined): void;
  ended(exit: Exit): void;
}

/**
 * Starts one. It has no terminal, no credentials and nothing of the user's code in it: what a child finds is
 * what Python itself does before any main program. When this process dies it ends, and children that wait
 * behind their gates never begin.
 */
export function startForkServer(options: ForkServerOptions): ForkServer {
  const [interpreter, ...words] = options.command;
  const child = spawn(interpreter, words, {
    detached: true,
    stdio: ["pipe", "ignore", "ignore", "pipe"],
    env: options.variables,
  });
  const input = child.stdin;
  const reports = child.stdio[3];
  if (input === null || !(reports instanceof Socket)) throw new Error("a fork server has no pipes");
  const children = new Map<string, Child>();
  /** Holds this process up only while somebody waits for a child. */
  const hold = (): void => {
    const isNeeded = children.size > 0;
    for (const one of [child, reports, input]) {
      if (
        !("ref" in one) ||
        typeof one.ref !== "function" ||
        !("unref" in one) ||
        typeof one.unref !== "function"
      )
        continue;
      if (isNeeded) one.ref();
      else one.unref();
    }
  };
  hold();
  let isAlive = true;
  let isReady = false;
  let numbers = 0;

  const end = (): void => {
    isAlive = false;
    for (const one of children.values()) {
      one.begun(undefined);
      one.ended({ exitCode: null, signal: "SIGKILL" });
    }
    children.clear();
  };
  child.once("error", end);
  child.once("exit", end);
  input.on("error", () => {});
  createInterface({ input: reports }).on("line", (line) => {
    const [word, number = "", value = ""] = line.split(" ");
    const one = children.get(number);
    if (word === "ready") isReady = true;
    if (word === "pid") one?.begun(Number(value));
    if (word !== "end") return;
    children.delete(number);
    hold();
    one?.ended(exitOf(Number(value)));
  });
  const send = (words: readonly string[]): void => {
    const body = Buffer.from(words.map((word) => `${word}\0`).join(""));
    input.write(Buffer.concat([Buffer.from(String(body.length).padStart(8, "0")), body]));
  };

  return {
    get isAlive() {
      return isAlive;
    },
    get isReady() {
      return isAlive && isReady;
    },
    get running() {
      return children.size;
    },
    async start({ words, cwd, variables }) {
      if (!isAlive) return undefined;
      const number = String(++numbers);
      const address = join(options.folder, `${child.pid}-${number}`);
      const exit = Promise.withResolvers<Exit>();
      const listener = createServer();
      try {
        const connection = new Promise<Socket>((resolve) => listener.once("connection", resolve));
        await new Promise<void>((resolve, reject) => listener.once("error", reject).listen(address, resolve));
        const begun = new Promise<number | undefined>((resolve) => {
          children.set(number, { begun: resolve, ended: exit.resolve });
          hold();
        });
        const entries = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
        send(["start", number, address, cwd, String(words.length), ...words, ...entries]);
        const pid = await begun;
        const output = pid === undefined ? undefined : await Promise.race([connection, exit.promise]);
        if (pid === undefined || !(output instanceof Socket)) return undefined;
        return {
          pid,
          output,
          exit: exit.promise,
          openGate: () => send(["go", number]),
          closeGate: () => send(["drop", number]),
        };
      } finally {
        listener.close();
      }
    },
    stop() {
      isAlive = false;
      input.end();
    },
  };
}

/** As Python tells it: a negative number is the signal. */
function exitOf(code: number): Exit {
  return code >= 0 ? { exitCode: code, signal: null } : { exitCode: null, signal: signalName(-code) };
}

function signalName(number: number): string {
  return Object.entries(system.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
