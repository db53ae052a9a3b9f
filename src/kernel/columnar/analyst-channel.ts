import { fork } from "node:child_process";

import { Problem } from "../errors.ts";
import type { QueryOptions } from "./analyst.ts";
import { responseSchema } from "./messages.ts";
import type { AnalystSettings, QueryRequest, QueryResponse } from "./messages.ts";
import { problems } from "./problems.ts";

/** A running analyst process and the questions under way in it. */
export interface AnalystChannel {
  readonly processId: number | undefined;
  readonly ended: Promise<void>;
  ask(request: Omit<QueryRequest, "id">, options: QueryOptions): Promise<QueryResponse>;
  end(): Promise<void>;
}

interface Question {
  resolve(response: QueryResponse): void;
  reject(reason: unknown): void;
}

const defaultTimeoutMs = 5 * 60_000;

export function forkAnalyst(settings: AnalystSettings): AnalystChannel {
  const child = fork(new URL("./analyst-process.ts", import.meta.url), [JSON.stringify(settings)], {
    serialization: "advanced",
    // Nothing of ours in its environment: no credentials, no options of the parent's Node.
    env: { PATH: process.env["PATH"], TZ: "UTC" },
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const questions = new Map<number, Question>();
  const ended = Promise.withResolvers<void>();
  let lastId = 0;
  let lastWords = "";

  child.stderr?.on("data", (chunk: Buffer) => (lastWords = `${lastWords}${chunk.toString()}`.slice(-2_000)));
  child.on("message", (message: unknown) => {
    const response = responseSchema.parse(message);
    questions.get(response.id)?.resolve(response);
  });
  child.on("error", (error) => fail(died(`could not be started: ${error.message}`)));
  child.on("exit", (code, signal) => {
    fail(died(signal === null ? `ended with code ${code}` : `was ended by ${signal}`, lastWords));
    ended.resolve();
  });
  rest();

  function fail(reason: Problem): void {
    for (const question of questions.values()) question.reject(reason);
  }

  /** A process that waits for questions must not keep ours alive; one that works on them must. */
  function rest(): void {
    child.unref();
    child.channel?.unref();
  }

  function work(): void {
    child.ref();
    child.channel?.ref();
  }

  return {
    processId: child.pid,
    ended: ended.promise,
    async ask(request, options) {
      options.signal?.throwIfAborted();
      const id = ++lastId;
      const { promise, resolve, reject } = Promise.withResolvers<QueryResponse>();
      questions.set(id, { resolve, reject });
      work();
      const cancel = (reason: unknown): void => {
        child.send({ cancel: id }, () => {});
        reject(reason);
      };
      const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
      const timer = setTimeout(() => cancel(timedOut(timeoutMs)), timeoutMs);
      const onAbort = (): void => cancel(options.signal?.reason);
      options.signal?.addEventListener("abort", onAbort);
      child.send({ id, ...request }, (error) => {
        // A process that cannot be reached has ended, or is about to: its end rejects the question, and only
        // then, because whoever asks again must find a new one.
        if (error !== null) child.kill("SIGKILL");
      });
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        options.signal?.removeEventListener("abort", onAbort);
        questions.delete(id);
        if (questions.size === 0) rest();
      }
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      if (child.connected) child.disconnect();
      // A query deep in native code does not hear the channel close.
      const timer = setTimeout(() => child.kill("SIGKILL"), 2_000);
      await ended.promise;
      clearTimeout(timer);
    },
  };
}

function died(how: string, lastWords = ""): Problem {
  return new Problem(problems.analyst_died, {
    message: `The process that runs queries ${how}.`,
    data: lastWords === "" ? {} : { lastWords },
  });
}

function timedOut(timeoutMs: number): Problem {
  return new Problem(problems.query_timed_out, { message: `The query was stopped after ${timeoutMs} ms.` });
}
