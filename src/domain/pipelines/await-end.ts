import { setTimeout as sleep } from "node:timers/promises";

import type { ExecutionRecord } from "./entities.ts";

// The end is written by whichever server works on the execution, so it is looked for.
const firstLookMs = 20;
const longestLookMs = 500;

/** Waits until the execution has ended, at most `withinMs`, and gives it as it then stands. */
export async function awaitEnd(
  read: () => Promise<ExecutionRecord>,
  { withinMs, signal }: { readonly withinMs: number; readonly signal?: AbortSignal | undefined },
): Promise<ExecutionRecord> {
  const until = performance.now() + withinMs;
  for (let lookMs = firstLookMs; ; lookMs = Math.min(lookMs * 2, longestLookMs)) {
    const execution = await read();
    const leftMs = until - performance.now();
    if (execution.endedAtMs !== null || leftMs <= 0 || signal?.aborted === true) return execution;
    await sleep(Math.min(lookMs, leftMs), undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}
