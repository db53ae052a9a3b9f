import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";

import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";

/** A program that answers one line of JSON for each line of JSON. It ends with its standard input, and so with us. */
export interface LineProgram {
  /** One at a time. Throws `sampler_failed` with what the program says, or when it has ended. */
  request(message: unknown): Promise<unknown>;
  end(): void;
}

const errorSchema = z.object({ error: z.string() });
const keptErrorLines = 5;
const longestAnswerMs = 120_000;

export function startLineProgram(command: readonly [string, ...string[]]): LineProgram {
  const [interpreter, ...words] = command;
  const child = spawn(interpreter, words, {
    cwd: tmpdir(),
    stdio: ["pipe", "pipe", "pipe"],
    // Its own threads would only get in the way of the trials.
    env: {
      PATH: "/usr/bin:/bin",
      LANG: "C.UTF-8",
      HOME: tmpdir(),
      OMP_NUM_THREADS: "1",
      OPENBLAS_NUM_THREADS: "1",
    },
  });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    said.push(line);
    if (said.length > keptErrorLines) said.shift();
  });
  let waiting: { resolve(answer: string): void; reject(error: Error): void } | undefined;
  let ended = false;
  const fail = (why: string): void => {
    ended = true;
    waiting?.reject(samplerFailed([why, ...said].join("\n")));
    waiting = undefined;
  };
  child.once("error", (error) => fail(error.message));
  child.once("close", (code, signal) => fail(`the program ended with ${signal ?? `exit code ${code}`}`));
  // A pipe breaks when the program ends, which is told by its end.
  child.stdin.on("error", () => {});
  createInterface({ input: child.stdout }).on("line", (line) => {
    waiting?.resolve(line);
    waiting = undefined;
  });
  return {
    async request(message) {
      if (ended) throw samplerFailed(["the program has ended", ...said].join("\n"));
      const timer = setTimeout(() => child.kill("SIGKILL"), longestAnswerMs);
      try {
        const line = await new Promise<string>((resolve, reject) => {
          waiting = { resolve, reject };
          child.stdin.write(`${JSON.stringify(message)}\n`);
        });
        const answer: unknown = JSON.parse(line);
        const error = errorSchema.safeParse(answer);
        if (error.success) throw samplerFailed(error.data.error);
        return answer;
      } finally {
        clearTimeout(timer);
      }
    },
    end: () => {
      child.stdin.end();
      child.kill();
    },
  };
}

function samplerFailed(why: string): Problem {
  return new Problem(problems.sampler_failed, { message: `Optuna could not be asked: ${why}` });
}
