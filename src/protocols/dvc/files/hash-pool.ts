import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { runErrand } from "./errand.ts";
import { hashFiles, joinHashed } from "./hash-files.ts";
import type { HashedFiles, HashOrder } from "./hash-files.ts";
import { isMine } from "./hash-task.ts";
import type { Errand, HashAnswer, HashTask } from "./hash-task.ts";

/** Hashes files in threads; a few are hashed at once, because threads cost their start. */
export interface HashPool {
  hash(order: HashOrder): Promise<HashedFiles>;
  /**
   * Starts the threads before there is work for them, while this one still finds out what there is to do. Then it
   * hashes beside them: for a command that has nothing else to do than to wait.
   */
  start(): void;
  readonly isStarted: boolean;
  /** Does something in another thread, where there is one. */
  elsewhere(errand: Errand): Promise<void>;
  /** Ends the threads; orders that are not begun are never answered. */
  close(): Promise<void>;
}

// A worker thread takes some 30 ms to start, in which one thread hashes a few hundred small files.
export const filesBeforeThreads = 600;
// Two orders on the way keep a worker busy while an answer travels.
const ordersPerWorker = 2;
// For all workers together while this thread finds out what there is to do, or hashes: it answers nobody then, and
// takes back what is too much.
const ordersAhead = 16;

/** Whether there are so many files in these folders that threads are worth their start. */
export function holdManyFiles(places: readonly string[]): boolean {
  let files = 0;
  const folders = [...places];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) folders.push(join(folder, entry.name));
        else files += 1;
      }
    } catch {
      // A file, or nothing: what is wrong with it is said where it is added.
      continue;
    }
    if (files >= filesBeforeThreads) return true;
  }
  return false;
}

interface Waiting {
  readonly order: HashOrder;
  readonly resolve: (hashed: HashedFiles) => void;
  readonly reject: (error: Error) => void;
}

interface Sent extends Omit<Waiting, "order"> {
  /** What was asked, unless it was an errand: whoever claims it does it, be it this thread for want of other work. */
  readonly task: HashTask | undefined;
}

interface Member {
  readonly worker: Worker;
  readonly current: Sent[];
}

export function openHashPool(threads = Math.min(8, availableParallelism())): HashPool {
  const members: Member[] = [];
  const waiting: Waiting[] = [];
  let filesSoFar = 0;
  let isHelping = false;
  let isScheduled = false;

  const feed = (): void => {
    const most = ordersPerWorker + (isHelping ? Math.ceil(ordersAhead / members.length) : 0);
    for (;;) {
      const [member] = members.toSorted((one, other) => one.current.length - other.current.length);
      if (member === undefined || member.current.length >= most) return;
      const next = waiting.shift();
      if (next === undefined) return;
      const { order, resolve, reject } = next;
      const task = { order, claim: new Int32Array(new SharedArrayBuffer(4)) };
      member.current.push({ task, resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      member.worker.postMessage(task);
    }
  };
  const startWorkers = (count: number): void => {
    while (threads > 1 && members.length < count) members.push(startWorker(feed));
  };
  /** One order at a time, so that answers of the others are taken in between. */
  const help = (): void => {
    isScheduled = false;
    feed();
    const next = waiting.shift() ?? takeBack(members);
    if (next === undefined) return;
    hashHere(next);
    scheduleHelp();
  };
  const scheduleHelp = (): void => {
    if (isScheduled || !isHelping) return;
    isScheduled = true;
    setImmediate(help);
  };
  const hashOrder = async (order: HashOrder): Promise<HashedFiles> =>
    await new Promise((resolve, reject) => {
      waiting.push({ order, resolve, reject });
      feed();
      scheduleHelp();
    });
  return {
    start() {
      isHelping = true;
      startWorkers(threads - 1);
    },
    get isStarted() {
      return isHelping;
    },
    async hash(order) {
      filesSoFar += order.names.length;
      const isSmall = members.length === 0 && filesSoFar < filesBeforeThreads;
      if (!isSmall && !isHelping) startWorkers(threads);
      const hashOne = threads < 2 ? async (one: HashOrder) => hashFiles(one) : hashOrder;
      const first = isSmall ? hashFiles(order) : await hashOne(order);
      const left = order.names.slice(first.md5s.length);
      if (left.length === 0) return first;
      // The files are large: each is an order of its own from here on, so that every thread has some.
      if (!isHelping) startWorkers(threads);
      const others = await Promise.all(
        left.map(async (_, index) => await hashOne(partOf(order, first.md5s.length + index))),
      );
      return joinHashed([first, ...others]);
    },
    async elsewhere(errand) {
      const [member] = members;
      if (member === undefined) return runErrand(errand);
      await new Promise<unknown>((resolve, reject) => {
        member.current.push({ task: undefined, resolve, reject });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        member.worker.postMessage(errand);
      });
    },
    async close() {
      waiting.length = 0;
      isHelping = false;
      await Promise.all(members.splice(0).map(({ worker }) => worker.terminate()));
    },
  };
}

function partOf(order: HashOrder, index: number): HashOrder {
  const { names, expected } = order;
  return {
    ...order,
    names: names.slice(index, index + 1),
    ...(expected === undefined ? {} : { expected: expected.slice(index, index + 1) }),
  };
}

/** `onAnswer` is called after each answer: there is room for another order. */
function startWorker(onAnswer: () => void): Member {
  const worker = new Worker(new URL("hash-worker.ts", import.meta.url));
  const member: Member = { worker, current: [] };
  worker.on("message", (answer: HashAnswer) => {
    const done = member.current.shift();
    if (done === undefined) return;
    if ("hashed" in answer) done.resolve(answer.hashed);
    else if ("failure" in answer) {
      const { message, code, path } = answer.failure;
      done.reject(Object.assign(new Error(message), { code, path }));
    }
    onAnswer();
  });
  worker.on("error", (error: unknown) => {
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const { reject } of member.current.splice(0)) reject(reason);
  });
  return member;
}

/** The last order that was sent to a worker and that it has not begun with. */
function takeBack(members: readonly Member[]): Waiting | undefined {
  for (const { current } of members.toSorted((one, other) => other.current.length - one.current.length)) {
    const free = current.findLast(({ task }) => task !== undefined && isMine(task.claim));
    if (free?.task !== undefined) return { ...free, order: free.task.order };
  }
  return undefined;
}

function hashHere({ order, resolve, reject }: Waiting): void {
  try {
    resolve(hashFiles(order));
  } catch (error) {
    reject(error instanceof Error ? error : new Error(String(error)));
  }
}
