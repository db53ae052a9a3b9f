/** Where every module gets the time, so that a test or the demo can let days pass without waiting. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** A clock that only moves when told to: for tests, and for the demo's simulated days. */
export interface ManualClock extends Clock {
  setMs(ms: number): void;
  advanceMs(ms: number): void;
}

/** `onChange` lets a parent process pass the new time on to its children. */
export function createManualClock(startMs: number, onChange: (ms: number) => void = () => {}): ManualClock {
  let currentMs = startMs;
  const setMs = (ms: number): void => {
    if (ms < currentMs) throw new Error(`time cannot go back from ${currentMs} to ${ms}`);
    currentMs = ms;
    onChange(ms);
  };
  return { nowMs: () => currentMs, setMs, advanceMs: (ms) => setMs(currentMs + ms) };
}

/**
 * A clock that runs like the system's and can be put forward: what the demo lives by. Work takes the time
 * it takes, and the days between are skipped.
 */
export function createSkippingClock(startMs: number): ManualClock {
  const startedAtMs = performance.now();
  let skippedMs = 0;
  const nowMs = (): number => Math.floor(startMs + skippedMs + performance.now() - startedAtMs);
  const advanceMs = (ms: number): void => {
    if (ms < 0) throw new Error(`time cannot go back by ${-ms} ms`);
    skippedMs += ms;
  };
  return { nowMs, advanceMs, setMs: (ms) => advanceMs(Math.max(0, ms - nowMs())) };
}

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
