import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

import { hashFiles } from "./hash-files.ts";
import type { HashedFiles, HashOrder } from "./hash-files.ts";
import type { HashAnswer } from "./hash-worker.ts";

/** Hashes files in threads; a few are hashed at once, because threads cost their start. */
export interface HashPool {
  hash(order: HashOrder): Promise<HashedFiles>;
  close(): Promise<void>;
}

// A worker thread takes some 30 ms to start, in which one thread hashes a few hundred small files.
const filesBeforeThreads = 600;
// Two orders on the way keep a worker busy while an answer travels.
const ordersPerWorker = 2;

interface Waiting {
  readonly order: HashOrder;
  readonly resolve: (hashed: HashedFiles) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly worker: Worker;
  readonly current: Waiting[];
}

export function openHashPool(threads = Math.min(8, availableParallelism())): HashPool {
  const members: Member[] = [];
  const waiting: Waiting[] = [];
  let filesSoFar = 0;

  const feed = (): void => {
    for (const member of members) {
      while (member.current.length < ordersPerWorker) {
        const next = waiting.shift();
        if (next === undefined) return;
        member.current.push(next);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        member.worker.postMessage(next.order);
      }
    }
  };
  const start = (): void => {
    const worker = new Worker(new URL("hash-worker.ts", import.meta.url));
    const member: Member = { worker, current: [] };
    worker.on("message", (answer: HashAnswer) => {
      const done = member.current.shift();
      if (done === undefined) return;
      if ("hashed" in answer) done.resolve(answer.hashed);
      else {
        const { message, code, path } = answer.failure;
        done.reject(Object.assign(new Error(message), { code, path }));
      }
      feed();
    });
    worker.on("error", (error: unknown) => {
      const reason = error instanceof Error ? error : new Error(String(error));
      for (const { reject } of member.current.splice(0)) reject(reason);
    });
    members.push(member);
  };
  return {
    async hash(order) {
      filesSoFar += order.names.length;
      if (members.length === 0 && (filesSoFar < filesBeforeThreads || threads < 2)) return hashFiles(order);
      while (members.length < threads) start();
      return await new Promise((resolve, reject) => {
        waiting.push({ order, resolve, reject });
        feed();
      });
    },
    async close() {
      await Promise.all(members.splice(0).map(({ worker }) => worker.terminate()));
    },
  };
}
