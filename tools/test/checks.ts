import { spawn } from "node:child_process";
import { join } from "node:path";

import type { Tally } from "./cases.ts";

/** A program that passes or fails as a whole: the type checker, the linter, a build. */
export interface Check {
  readonly name: string;
  readonly command: readonly [program: string, ...words: string[]];
}

/** Runs a check with the programs of `node_modules/.bin`; what it printed is the failure. */
export function runCheck({ name, command }: Check, signal: AbortSignal): Promise<Tally> {
  const [program, ...words] = command;
  const path = `${join(process.cwd(), "node_modules", ".bin")}:${process.env["PATH"] ?? ""}`;
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH: path, NO_COLOR: "1" },
      signal,
      killSignal: "SIGKILL",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const fail = (detail: string): void => {
      const where = command.join(" ");
      resolve({ passed: 0, failures: [{ where, name, detail }], skips: [] });
    };
    child.on("error", (error) => fail(`${output}${error.message}`));
    child.on("close", (code) => {
      if (code === 0) resolve({ passed: 1, failures: [], skips: [] });
      else fail(output.trimEnd());
    });
  });
}
