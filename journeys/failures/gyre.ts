import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const launcher = fileURLToPath(new URL("../../gyre", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `gyre` as a process, as a person starts it: with the launcher, in a folder. */
export interface Started {
  readonly pid: number;
  /** What it has said so far on both streams. */
  said(): Pick<Ended, "stdout" | "stderr">;
  /** Resolves when what was said matches; throws when the process ends first. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Ctrl-C: the signal reaches every process of the terminal's foreground. */
  interrupt(): void;
  readonly ended: Promise<Ended>;
  /** The processes it started, and theirs. */
  descendants(): readonly number[];
}

export interface Where {
  readonly folder: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs a command to its end. */
export async function gyre(words: readonly string[], where: Where): Promise<Ended> {
  return await startGyre(words, where).ended;
}

export function startGyre(words: readonly string[], { folder, variables = {} }: Where): Started {
  const child = spawn(process.execPath, [launcher, ...words], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? folder,
      NODE_COMPILE_CACHE: join(tmpdir(), "gyre-test-compile-cache"),
      ...variables,
    },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, as a shell gives it to a command in the foreground.
    detached: true,
  });
  after(() => endFamily(child));
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (said[name] += text));
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...said }));
  });
  return {
    pid: child.pid ?? 0,
    said: () => ({ ...said }),
    says: (pattern) => heard(child, pattern, () => said.stdout + said.stderr),
    kill: (signal) => void child.kill(signal),
    interrupt: () => void process.kill(-(child.pid ?? 0), "SIGINT"),
    ended,
    descendants: () => descendantsOf(child.pid ?? 0),
  };
}

/** A server of a folder on free ports; resolves when it has greeted. */
export async function startServer(where: Where, words: readonly string[] = []): Promise<Started> {
  const ports = ["--port", "0", "--gateway-port", "0", "--log-level", "error"];
  const server = startGyre(["up", ...ports, ...words], where);
  await server.says(/Gyre is up at \S+/);
  return server;
}

function heard(child: ChildProcess, pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = pattern.exec(text());
      if (found !== null) resolve(found);
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("close", (code) => reject(new Error(`ended with ${code}, never said ${pattern}: ${text()}`)));
    look();
  });
}

/** Linux and its /proc; elsewhere none are found. */
function descendantsOf(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    const parent = parentOf(Number(name));
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const found: number[] = [];
  for (let wave = [pid]; wave.length > 0;) {
    wave = [...parents].filter(([, parent]) => wave.includes(parent)).map(([child]) => child);
    found.push(...wave);
  }
  return found;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in brackets, may hold anything: the numbers stand behind its last bracket.
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

/** Of these, the ones that still run. */
export function stillRunning(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => parentOf(pid) !== undefined);
}

function endFamily(child: ChildProcess): void {
  for (const pid of [child.pid ?? 0, ...descendantsOf(child.pid ?? 0)]) {
    try {
      if (pid > 1) process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

/** What every message for a person must be: no stack, no colour in a pipe, one next step at the end. */
export function isWellTold({ stderr }: Pick<Ended, "stderr">): string | null {
  if (/^\s+at .*(?:\(|file:|node:)/m.test(stderr)) return `holds a stack trace: ${stderr}`;
  if (stderr !== stripVTControlCharacters(stderr)) return `holds colours: ${stderr}`;
  if (!/^error\[[a-z0-9_]+\]: \S+ .*\S$/m.test(stderr)) return `holds no error with a sentence: ${stderr}`;
  return /^next: \S.*$/m.test(stderr) ? null : `names no next step: ${stderr}`;
}
