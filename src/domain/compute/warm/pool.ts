import { access, copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import type { ProcessRequest, StartedProcess } from "../process.ts";
import { readWarmCommand } from "./command.ts";
import { startForkServer } from "./fork-server.ts";
import type { ForkServer } from "./fork-server.ts";

/** Interpreters that have started before they are needed. */
export interface WarmPool {
  /** The process behind its gate, or undefined for one that must be started as any other. */
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

/** Only environments that we made are kept warm: their start depends on nothing of the step's home folder. */
export function createWarmPool(temporary = tmpdir()): WarmPool {
  const kept = new Map<string, Kept>();
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

  return {
    async start(request, searchPath) {
      const { environment, variables, cwd } = request;
      const command = readWarmCommand(request.command);
      if (isClosed || process.platform !== "linux" || environment === undefined || command === undefined)
        return undefined;
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
      const kind = command.kind;
      const key = JSON.stringify([interpreter, kind, atStart]);
      const one = await serverFor(key, (place) =>
        startForkServer({ interpreter, kind, variables: atStart, folder: place }),
      ).catch(() => {
        folder = undefined;
        return undefined;
      });
      if (one === undefined) return undefined;
      one.usedAtMs = performance.now();
      one.children++;
      tidy(one.usedAtMs);
      const path = `${environment.binFolder}${delimiter}${searchPath}`;
      // What the two shells before a cold interpreter leave in its environment.
      const byShells = { PWD: cwd, SHLVL: "0", _: interpreter };
      const step = {
        command,
        cwd,
        variables: { LANG: "C.UTF-8", TZ: "UTC", ...variables, PATH: path, ...byShells },
      };
      try {
        return await one.server.start(step);
      } catch {
        // Somebody tidied the folder for temporary files: a new one is made for the next.
        retire(key, one);
        folder = undefined;
        return undefined;
      }
    },
    async close() {
      isClosed = true;
      for (const [key, one] of kept) retire(key, one);
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
    },
  };
}

/** With our file in it, because Python writes what it compiled beside its source. */
async function makeFolder(temporary: string): Promise<string> {
  const folder = await mkdtemp(join(temporary, "gyre-warm-"));
  await copyFile(join(import.meta.dirname, "sitecustomize.py"), join(folder, "sitecustomize.py"));
  return folder;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
