import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { tryFlock } from "./flock.ts";

/**
 * Keeps other DVC commands out, ours and DVC's: both hold a lock of the system (`flock`) on `.dvc/tmp/lock`.
 *
 * Within this process one piece of work at a time has the lock. The system's lock stays with the process
 * from the first piece of work to `close`, except while commands of stages run: those may be DVC commands
 * themselves.
 */
export interface RepositoryLock {
  /** Does work with the lock. Throws `dvc_locked` when another process does not let go of it in time. */
  during<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Within such work: lets other work of this process have the lock for a while. */
  whileShared<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Within such work: lets other processes have it, too. */
  whileReleased<Result>(work: () => Promise<Result>): Promise<Result>;
  close(): void;
}

// As long as DVC waits for one of its own.
const attempts = 7;
const pauseMs = 500;

export function openRepositoryLock(temporaryFolder: string, waits = false): RepositoryLock {
  let file: number | undefined;
  let released = 0;
  let last: Promise<unknown> = Promise.resolve();
  const leave: (() => void)[] = [];

  const enter = async (): Promise<void> => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    await before;
    leave.push(resolve);
    file ??= await takeLock(temporaryFolder, waits);
  };
  const exit = (): void => {
    if (released > 0) letGo();
    leave.shift()?.();
  };
  const letGo = (): void => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    async during(work) {
      await enter();
      try {
        return await work();
      } finally {
        exit();
      }
    },
    async whileShared(work) {
      exit();
      try {
        return await work();
      } finally {
        await enter();
      }
    },
    async whileReleased(work) {
      released += 1;
      exit();
      try {
        return await work();
      } finally {
        await enter();
        released -= 1;
      }
    },
    close: letGo,
  };
}

async function takeLock(temporaryFolder: string, waits: boolean): Promise<number> {
  mkdirSync(temporaryFolder, { recursive: true });
  const file = openSync(join(temporaryFolder, "lock"), "a+");
  for (let attempt = 1; !tryFlock(file); attempt++) {
    if (attempt >= attempts && !waits) {
      closeSync(file);
      throw new Problem(problems.dvc_locked, {
        message:
          "Unable to acquire lock. Most likely another DVC process is running or was terminated abruptly.",
      });
    }
    await sleep(pauseMs);
  }
  ftruncateSync(file, 0);
  writeSync(file, ` ${process.pid}\n`);
  return file;
}
