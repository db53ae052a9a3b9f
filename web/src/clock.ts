import { useSyncExternalStore } from "react";

/**
 * The server's clock may run ahead of the browser's (a demonstration simulates days). The newest
 * moment the server has told of is the earliest "now".
 */
export function learnServerTime(atMs: number): void {
  if (atMs > newestMs) newestMs = atMs;
}

/** Now, in steps of ten seconds, the same for the whole page. */
export function useNow(): number {
  const tick = useSyncExternalStore(subscribe, () => ticks);
  return Math.max(tick * stepMs, newestMs);
}

const stepMs = 10_000;
let newestMs = 0;
let ticks = Math.floor(Date.now() / stepMs);
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    ticks = Math.floor(Date.now() / stepMs);
    for (const each of listeners) each();
  }, stepMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
