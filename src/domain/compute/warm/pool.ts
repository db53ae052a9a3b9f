import { access, constants, copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

import { variablesOf, wordsOf } from "../process.ts";
import type { ProcessRequest, StartedProcess } from "../process.ts";
import { readWarmCommand } from "./command.ts";
import { startForkServer } from "./fork-server.ts";
import type { ForkServer, WarmStep } from "./fork-server.ts";

/** Processes that have started before they are needed: interpreters of steps, and one that starts any program. */
export interface WarmPool {
  /** The process behind its gate, or undefined for one that this process must start by itself. */
  start(request: ProcessRequest, searchPath: string): Promise<StartedProcess | undefined>;
  close(): Promise<void>;
}

const mostServers = 6;
const idleMs = 5 * 60_000;
// Children of one server have the same secret of hashing: after so many there is another.
const childrenOfOne = 500;

/** In place of the step's, which no other step has. */
const unknownHome = "/nowhere/home";

interface Kept {
  readonly server: ForkServer;
  usedAtMs: number;
  children: number;
}

// What the interpreter reads before our file runs. A step that sets another of Python's variables starts anew.
const readAtStart = ["PYTHONUNBUFFERED", "PYTHONHASHSEED"];

/** Of interpreters only those of environments that we made are kept: their start depends on no step's home folder. */
export function createWarmPool(temporary = tmpdir()): WarmPool {
  const kept = new Map<string, Kept>();
  const pythons: Record<string, Promise<string | undefined>> = {};
  let folder: Promise<string> | undefined;
  let isClosed = false;

  function retire(key: string, { server }: Kept): void {
    kept.delete(key);
    server.stop();
  }

  function tidy(nowMs: number): void {
    for (const [key, one] of kept) {
      const isOld = nowMs - one.usedAtMs > idleMs && one.server.running === 0;
      if (isOld || !one.server.isAlive) retire(key, one);
    }
    while (kept.size > mostServers) {
      const oldest = [...kept].toSorted(([, a], [, b]) => a.usedAtMs - b.usedAtMs)[0];
      if (oldest === undefined) return;
      retire(...oldest);
    }
  }

  async function serverFor(key: string, make: (folder: string) => ForkServer): Promise<Kept> {
    const found = kept.get(key);
    if (found?.server.isAlive === true && found.children < childrenOfOne) return found;
    if (found !== undefined) retire(key, found);
    folder ??= makeFolder(temporary);
    const place = await folder;
    const meanwhile = kept.get(key);
    if (meanwhile !== undefined) return meanwhile;
    const one = { server: make(place), usedAtMs: performance.now(), children: 0 };
    kept.set(key, one);
    return one;
  }

  async function startIn(
    key: string,
    make: (folder: string) => ForkServer,
    step: WarmStep,
    isWanted: (server: ForkServer) => boolean = () => true,
  ): Promise<StartedProcess | undefined> {
    const one = await serverFor(key, make).catch(() => {
      folder = undefined;
      return undefined;
    });
    if (one === undefined || !isWanted(one.server)) return undefined;
    one.usedAtMs = performance.now();
    one.children++;
    tidy(one.usedAtMs);
    try {
      return await one.server.start(step);
    } catch {
      // Somebody tidied the folder for temporary files: a new one is made for the next.
      retire(key, one);
      folder = undefined;
      return undefined;
    }
  }

  /** Forks the step's own interpreter, so that nothing of Python is to be started. */
  async function startPython(
    request: ProcessRequest,
    searchPath: string,
  ): Promise<StartedProcess | undefined> {
    const { environment, variables, cwd } = request;
    const command = readWarmCommand(request.command);
    if (environment === undefined || command === undefined) return undefined;
    const names = Object.keys(variables).filter(
      (name) => name.startsWith("PYTHON") || name.startsWith("LC_"),
    );
    if (
      names.some((name) => !readAtStart.includes(name)) ||
      variables["LANG"] !== undefined ||
      variables["HOME"] === undefined
    )
      return undefined;
    const interpreter = join(environment.binFolder, command.words[0] ?? "python");
    if (!(await isThere(interpreter)) || !(await isThere("/bin/bash"))) return undefined;
    const atStart: Record<string, string> = {
      LANG: "C.UTF-8",
      TZ: variables["TZ"] ?? "UTC",
      PATH: searchPath,
      HOME: unknownHome,
    };
    for (const name of names) atStart[name] = variables[name] ?? "";
    const main = command.kind === "script" ? ["/proc/self/fd/199"] : ["-m", "gyre_warm"];
    const make = (place: string): ForkServer =>
      startForkServer({
        command: [interpreter, ...main],
        variables: { ...atStart, PYTHONPATH: place },
        folder: place,
      });
    // What the two shells before a cold interpreter leave in its environment.
    const byShells = { PWD: cwd, SHLVL: "0", _: interpreter };
    const step = {
      words: command.words,
      cwd,
      variables: { ...variablesOf(request, searchPath), ...byShells },
    };
    return await startIn(JSON.stringify([interpreter, command.kind, atStart]), make, step);
  }

  /**
   * Forks a small process in place of this one, whose memory is copied page by page at every fork: 1.3 ms
   * with 50 MB of it, 4.7 with 160 and 11 with 370, in which no request is read.
   */
  async function startProgram(
    request: ProcessRequest,
    searchPath: string,
  ): Promise<StartedProcess | undefined> {
    const interpreter = await (pythons[searchPath] ??= findProgram("python3", searchPath));
    if (interpreter === undefined) return undefined;
    const make = (place: string): ForkServer =>
      startForkServer({
        command: [interpreter, "-I", "-S", join(place, "start-programs.py")],
        variables: { LANG: "C.UTF-8", TZ: "UTC", PATH: searchPath },
        folder: place,
      });
    const step = {
      words: wordsOf(request.command),
      cwd: request.cwd,
      variables: { ...variablesOf(request, searchPath), PWD: request.cwd },
    };
    // The first does not wait for it: it starts no sooner than this process would fork.
    return await startIn(JSON.stringify([interpreter]), make, step, (server) => server.isReady);
  }

  return {
    async start(request, searchPath) {
      if (isClosed || process.platform !== "linux") return undefined;
      return (await startPython(request, searchPath)) ?? (await startProgram(request, searchPath));
    },
    async close() {
      isClosed = true;
      for (const [key, one] of kept) retire(key, one);
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
    },
  };
}

/** With our files in it, because Python writes what it compiled beside its source. */
async function makeFolder(temporary: string): Promise<string> {
  const folder = await mkdtemp(join(temporary, "gyre-warm-"));
  for (const file of ["gyreforks.py", "sitecustomize.py", "start-programs.py"])
    await copyFile(join(import.meta.dirname, file), join(folder, file));
  return folder;
}

async function isThere(path: string, mode = constants.F_OK): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}

async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, name);
    if (isAbsolute(path) && (await isThere(path, constants.X_OK))) return path;
  }
  return undefined;
}
