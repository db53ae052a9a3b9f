import { close, fdatasync, open } from "node:fs";
import { dirname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";

import { syncFolder } from "../disk.ts";
import type { Durability } from "./index.ts";

const openFile = promisify(open);
const syncFile = promisify(fdatasync);
const closeFile = promisify(close);

/** Brings commits of SQLite to the disk without stopping this process for it. */
export interface WalSync {
  /** To be called for every statement that may write, when it has run. */
  noteWrite(): void;
  /**
   * Resolves once all that was committed before this call is on the disk. `later` leaves it to others to
   * begin the sync, for some milliseconds.
   */
  synced(durability: Durability): Promise<void>;
  close(): Promise<void>;
}

/** The log is there from the first write on, and stays as long as this connection is open. So must its name. */
async function openLog(path: string): Promise<number> {
  const file = await openFile(path, "r+");
  await syncFolder(dirname(path));
  return file;
}

/** For a database in memory, which is lost with its process anyway. */
export const unsynced: WalSync = { noteWrite: () => {}, synced: async () => {}, close: async () => {} };

// Longer than the next step of a pipeline takes to begin, and too short for a person to notice.
const laterMs = 20;

/**
 * SQLite's own sync at every commit (`synchronous = full`) blocks the only thread: on a busy machine,
 * measured, for 3 to 10 ms at a time, in which no request is read. So SQLite runs with `normal`, which
 * keeps the file whole whatever happens but leaves the last commits to the system's memory, and nobody
 * is told that a transaction has committed before the write-ahead log has been synced after it, in a
 * thread of the pool. Commits that arrive during a sync share the next one.
 *
 * Invariant: acknowledged means on the disk. What `normal` does itself stays as it is: log and database
 * are synced around every checkpoint, so the log is never overwritten before its pages are safe.
 *
 * When a sync fails the system may have dropped the pages and the next sync may wrongly succeed, so
 * every later write fails with the same error until the server is started again.
 */
export function createWalSync(path: string): WalSync {
  let writes = 0;
  let durable = 0;
  let file: Promise<number> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let running: Promise<void> | undefined;
  /** Those that leave the sync to others, in the order of their commits. */
  const patient: { readonly wanted: number; readonly reached: () => void }[] = [];

  const sync = async (): Promise<void> => {
    const upTo = writes;
    try {
      file ??= openLog(path);
      await syncFile(await file);
      durable = upTo;
      await tellThePatient();
    } catch (error) {
      failure = { error };
    } finally {
      running = undefined;
    }
  };

  /** Before those who wait for the sync itself: what follows from commits becomes known in their order. */
  const tellThePatient = async (): Promise<void> => {
    if ((patient[0]?.wanted ?? Infinity) > durable) return;
    while ((patient[0]?.wanted ?? Infinity) <= durable) patient.shift()?.reached();
    await nextTurn();
  };

  const reach = async (wanted: number): Promise<void> => {
    while (durable < wanted) {
      if (failure !== undefined) throw failure.error;
      running ??= sync();
      await running;
    }
  };

  /** Resolves when a sync that others began has reached it, or when it has waited long enough. */
  const reachedByOthers = async (wanted: number): Promise<void> => {
    if (durable >= wanted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const one = { wanted, reached: resolve };
    patient.push(one);
    const timer = setTimeout(resolve, laterMs);
    await promise;
    clearTimeout(timer);
    const at = patient.indexOf(one);
    if (at !== -1) patient.splice(at, 1);
  };

  return {
    noteWrite: () => void writes++,
    async synced(durability) {
      const wanted = writes;
      if (durability === "later") await reachedByOthers(wanted);
      await reach(wanted);
    },
    async close() {
      await running;
      if (file !== undefined) await file.then(closeFile, () => {});
      file = undefined;
    },
  };
}
