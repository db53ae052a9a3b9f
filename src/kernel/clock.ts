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

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
