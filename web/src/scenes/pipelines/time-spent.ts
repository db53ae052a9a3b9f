/** What is known of when a step was ready, began and ended. */
export interface TimedStep {
  stage: string;
  dependsOn: readonly string[];
  state: string;
  readyAtMs?: number | null;
  startedAtMs: number | null;
  endedAtMs: number | null;
}

/** How long it ran, or has been running; nothing for one that was not begun or came from the cache. */
export function ranMs(step: TimedStep, nowMs: number): number {
  if (step.startedAtMs === null || step.state === "cached") return 0;
  const endMs = step.endedAtMs ?? (step.state === "running" ? nowMs : step.startedAtMs);
  return Math.max(0, endMs - step.startedAtMs);
}

/** When all it depends on was there: as the server says, else when the last of it ended. */
export function readyMs(
  step: TimedStep,
  byName: ReadonlyMap<string, TimedStep>,
  beganMs: number | null,
): number | null {
  if (step.readyAtMs !== undefined && step.readyAtMs !== null) return step.readyAtMs;
  const ends = step.dependsOn.map((name) => byName.get(name)?.endedAtMs);
  const known = ends.filter((end) => end !== undefined && end !== null);
  if (known.length < step.dependsOn.filter((name) => byName.get(name)?.state !== "cached").length)
    return null;
  return beganMs === null ? null : Math.max(beganMs, ...known);
}

/** The chain of steps that took longest: the execution cannot be shorter than it, however many run at once. */
export function criticalPath(steps: readonly TimedStep[], nowMs: number): readonly string[] {
  const longest = new Map<string, { ms: number; before: string | undefined }>();
  let last: string | undefined;
  for (const step of steps) {
    let before: string | undefined;
    for (const name of step.dependsOn) {
      if ((longest.get(name)?.ms ?? 0) > (before === undefined ? 0 : (longest.get(before)?.ms ?? 0)))
        before = name;
    }
    const ms = ranMs(step, nowMs) + (before === undefined ? 0 : (longest.get(before)?.ms ?? 0));
    longest.set(step.stage, { ms, before });
    if (ms > (last === undefined ? 0 : (longest.get(last)?.ms ?? 0))) last = step.stage;
  }
  const path: string[] = [];
  for (let at = last; at !== undefined; at = longest.get(at)?.before) path.unshift(at);
  return path;
}

/** Where the time of an execution went. */
export interface TimeSpent {
  elapsedMs: number;
  /** Of all steps together. */
  workMs: number;
  /** How long steps that could run waited for a free place, together. */
  waitedMs: number;
  criticalMs: number;
  /** How many steps ran at once, on average. */
  atOnce: number;
  cached: number;
}

export function timeSpent(
  steps: readonly TimedStep[],
  began: { readonly startedAtMs: number | null; readonly endedAtMs: number | null },
  nowMs: number,
): TimeSpent {
  const byName = new Map(steps.map((step) => [step.stage, step]));
  const elapsedMs = began.startedAtMs === null ? 0 : (began.endedAtMs ?? nowMs) - began.startedAtMs;
  const workMs = steps.reduce((all, step) => all + ranMs(step, nowMs), 0);
  const waitedMs = steps.reduce((all, step) => {
    if (step.state === "cached") return all;
    const ready = readyMs(step, byName, began.startedAtMs);
    const until = step.startedAtMs ?? (step.state === "waiting" ? nowMs : null);
    return ready === null || until === null ? all : all + Math.max(0, until - ready);
  }, 0);
  const critical = new Set(criticalPath(steps, nowMs));
  const criticalMs = steps.reduce(
    (all, step) => (critical.has(step.stage) ? all + ranMs(step, nowMs) : all),
    0,
  );
  const cached = steps.filter((step) => step.state === "cached").length;
  return { elapsedMs, workMs, waitedMs, criticalMs, cached, atOnce: elapsedMs > 0 ? workMs / elapsedMs : 0 };
}
