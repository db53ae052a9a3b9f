import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

import { z } from "zod";

import { runDvc } from "../../src/cli/dvc/run.ts";

const answerSchema = z.object({ code: z.number(), out: z.string(), err: z.string() });
export type Answer = z.output<typeof answerSchema>;

/** A program that speaks DVC's words, asked in a folder. */
export interface Program {
  ask(folder: string, words: readonly string[]): Promise<Answer>;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  /** The environment of every command and of the stages it runs. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** The real `dvc`, by the Python beside it. */
export function startDvc(program: string, { environment, timeoutSeconds }: ProgramOptions): Program {
  const python = join(dirname(program), "python");
  const server = spawn(python, [join(import.meta.dirname, "dvc-server.py")], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  return {
    async ask(cwd, words) {
      server.stdin.write(`${JSON.stringify({ cwd, words, environment, timeoutSeconds })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error("dvc has ended");
      return answerSchema.parse(JSON.parse(value));
    },
    async stop() {
      const ended = once(server, "exit");
      server.stdin.end();
      await ended;
    },
  };
}

/** `gyre dvc` in this process: starting it anew for each of thousands of questions would take an hour. */
export function startGyre({ environment }: Pick<ProgramOptions, "environment">): Program {
  Object.assign(process.env, environment);
  return {
    async ask(folder, words) {
      let out = "";
      let err = "";
      const code = await runDvc(["--cd", folder, ...words], {
        print: (text) => (out += `${text}\n`),
        complain: (text) => (err += `${text}\n`),
      });
      return { code, out, err };
    },
    async stop() {},
  };
}
