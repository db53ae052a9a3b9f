import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { z } from "zod";
import type { ZodType } from "zod";

const program = fileURLToPath(new URL("fixtures/server.ts", import.meta.url));
const addressSchema = z.object({ url: z.string(), gatewayUrl: z.string() });

/** A server as a process of its own, with what it takes to make its life hard. */
export interface ServerProcess {
  readonly url: string;
  readonly gatewayUrl: string;
  get<Answer>(path: string, schema: ZodType<Answer>): Promise<Answer>;
  post<Answer>(path: string, body: unknown, schema: ZodType<Answer>, token?: string): Promise<Answer>;
  /** The process number of a child whose command line holds these words; undefined when there is none. */
  childRunning(words: string): number | undefined;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server on the state of a project's folder, and waits until it says where it is. */
export async function startServerProcess(
  test: { after(cleanUp: () => void): void },
  projectFolder: string,
  options: {
    /** PostgreSQL; a file in the folder when absent. */
    readonly database?: string | undefined;
    /** Any free one when absent. */
    readonly port?: number | undefined;
  } = {},
): Promise<ServerProcess> {
  const words = [projectFolder, String(options.port ?? 0), options.database ?? ""];
  const child = spawn(process.execPath, [program, ...words], {
    // A group of its own: at the end of the test its gateway and its analyst go with it.
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  test.after(() => endGroup(child));
  const { url, gatewayUrl } = await addressOf(child);
  const end = (signal: NodeJS.Signals): Promise<void> =>
    new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.kill(signal);
    });
  return {
    url,
    gatewayUrl,
    get: (path, schema) => ask(`${url}${path}`, {}, schema),
    post: (path, body, schema, token) =>
      ask(
        `${url}${path}`,
        {
          method: "POST",
          headers: {
            "content-type": "application/json",
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
          body: JSON.stringify(body),
        },
        schema,
      ),
    childRunning: (words) => childRunning(child.pid, words),
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

function endGroup(child: ChildProcess): void {
  child.stdout?.destroy();
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nothing of the group is left: that is what was wanted.
  }
}

function addressOf(child: ChildProcess): Promise<z.output<typeof addressSchema>> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const [line, rest] = said.split("\n");
      if (line !== undefined && rest !== undefined) resolve(addressSchema.parse(JSON.parse(line)));
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}

async function ask<Answer>(url: string, request: RequestInit, schema: ZodType<Answer>): Promise<Answer> {
  const response = await fetch(url, request);
  const text = await response.text();
  if (!response.ok) throw new Error(`${request.method ?? "GET"} ${url} answered ${response.status}: ${text}`);
  return schema.parse(text === "" ? undefined : JSON.parse(text));
}

function childRunning(parent: number | undefined, words: string): number | undefined {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const parentOf = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
        return parentOf === parent && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(words);
      } catch {
        // It ended while we looked.
        return false;
      }
    });
}

/** Asks again until `done` says yes; throws with the last answer when it takes too long. */
export async function waitFor<Answer>(
  what: string,
  question: () => Promise<Answer>,
  done: (answer: Answer) => boolean,
  timeoutMs = 60_000,
): Promise<Answer> {
  const untilMs = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < untilMs) {
    try {
      const answer = await question();
      if (done(answer)) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(
    `${what} did not come within ${timeoutMs} ms; last seen: ${JSON.stringify(last)} ${String(last)}`,
  );
}
