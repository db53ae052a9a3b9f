import { useSyncExternalStore } from "react";

/**
 * The server's clock is the one that counts: the browser's may be set wrong, and a demonstration
 * simulates days. Between two answers it is taken to run as fast as the browser's.
 */
export function learnServerTime(atMs: number): void {
  const ahead = atMs - Date.now();
  const isNew = Math.abs(ahead - aheadMs) > stepMs;
  aheadMs = ahead;
  if (isNew) tell();
}

/** Now, in steps of ten seconds, the same for the whole page. */
export function useNow(): number {
  const step = useSyncExternalStore(subscribe, () => steps);
  return step * stepMs;
}

const stepMs = 10_000;
let aheadMs = 0;
let steps = Math.floor(Date.now() / stepMs);
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tell(): void {
  const now = Math.floor((Date.now() + aheadMs) / stepMs);
  if (now === steps) return;
  steps = now;
  for (const each of listeners) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tell, stepMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
