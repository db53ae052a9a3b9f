import { spawnSync } from "node:child_process";

/**
 * Takes the system's lock on an open file (`flock(2)`), which is held until the file is closed; false when somebody
 * else has it. By a call of Node's, or else by the program of that name; where there is neither there is no lock to
 * be had, and true is answered: the index and the caches stand it.
 */
export function tryFlock(file: number, way = bestWay()): boolean {
  if (way !== "program") return way(file, exclusively | withoutWaiting) === 0;
  const { status, error } = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", file] });
  return error !== undefined || status === 0;
}

// The same numbers on Linux and macOS.
const exclusively = 2;
const withoutWaiting = 4;

type Flock = (file: number, operation: number) => number;

let found: Flock | "program" | undefined;

/** A process for the lock costs an add 4 %: forking makes every page of this one be faulted in again. */
function bestWay(): Flock | "program" {
  found ??= systemCall() ?? "program";
  return found;
}

function systemCall(): Flock | undefined {
  // Node tells everybody that this part of it is experimental. Its version is pinned, and there is another way.
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    const { functions } = process
      .getBuiltinModule("node:ffi")
      .dlopen(null, { flock: { return: "i32", arguments: ["i32", "i32"] } });
    return functions.flock;
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}
