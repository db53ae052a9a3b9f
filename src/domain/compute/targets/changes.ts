import { setTimeout as sleep } from "node:timers/promises";

/** Tells those who wait in this process that a piece of work changed; other processes look now and then. */
export interface WorkChanges {
  announce(work: string): void;
  /** Resolves at the next change, after `waitMs`, or when the signal aborts. */
  next(work: string, waitMs: number, signal?: AbortSignal): Promise<void>;
}

export function createWorkChanges(): WorkChanges {
  const waiting = new Map<string, Set<() => void>>();
  return {
    announce(work) {
      for (const wake of waiting.get(work) ?? []) wake();
    },
    async next(work, waitMs, signal) {
      const enough = new AbortController();
      const change = new Promise<void>((resolve) => {
        const wakes = waiting.get(work) ?? new Set();
        waiting.set(work, wakes.add(resolve));
        enough.signal.addEventListener("abort", () => {
          wakes.delete(resolve);
          if (wakes.size === 0 && waiting.get(work) === wakes) waiting.delete(work);
        });
      });
      const signals = signal === undefined ? [enough.signal] : [enough.signal, signal];
      const time = sleep(waitMs, undefined, { signal: AbortSignal.any(signals) }).catch(() => {});
      await Promise.race([change, time]);
      enough.abort();
    },
  };
}
