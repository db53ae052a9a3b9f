import type { IconName } from "./icons.tsx";

/** What a state means for the reader; five meanings carry every state of every noun. */
export type Tone = "good" | "warn" | "bad" | "busy" | "idle" | "accent";

export interface StateLook {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
}

/** The look of a state by its name in the API; an unknown name is shown as it is, without judgement. */
export function lookOf(state: string): StateLook {
  const known = looks[state.toLowerCase().replaceAll("-", "_")];
  return known ?? { tone: "idle", icon: "dot", word: state.replaceAll("_", " ") };
}

/** Class names of a tone; whole names, because Tailwind finds classes by reading the source. */
export const toneClasses: Record<Tone, { ink: string; wash: string; line: string; fill: string }> = {
  good: { ink: "text-good", wash: "bg-good-wash", line: "border-good-line", fill: "bg-good" },
  warn: { ink: "text-warn", wash: "bg-warn-wash", line: "border-warn-line", fill: "bg-warn" },
  bad: { ink: "text-bad", wash: "bg-bad-wash", line: "border-bad-line", fill: "bg-bad" },
  busy: { ink: "text-busy", wash: "bg-busy-wash", line: "border-busy-line", fill: "bg-busy" },
  idle: { ink: "text-idle", wash: "bg-idle-wash", line: "border-idle-line", fill: "bg-idle" },
  accent: { ink: "text-accent", wash: "bg-accent-wash", line: "border-accent-line", fill: "bg-accent" },
};

const looks: Readonly<Record<string, StateLook>> = {
  ...say("good", "check", {
    good: "good",
    reproducible: "reproducible",
    ok: "ok",
    healthy: "healthy",
    passed: "passed",
    valid: "valid",
    usable: "usable",
    accepted: "accepted",
    succeeded: "succeeded",
    delivered: "delivered",
    success: "succeeded",
    finished: "finished",
    complete: "complete",
    completed: "completed",
    done: "done",
    live: "live",
    active: "active",
    ready: "ready",
    serving: "serving",
    released: "released",
    approved: "approved",
    resolved: "resolved",
    closed: "closed",
    met: "met",
    on: "on",
    stable: "stable",
    watching: "watching, no alarm",
    recovered: "recovered",
    champion: "champion",
  }),
  ...say("good", "cached", { cached: "cached" }),
  ...say("busy", "spinner", {
    running: "running",
    busy: "in progress",
    building: "building",
    deploying: "deploying",
    starting: "starting",
    releasing: "releasing",
    rolling_out: "rolling out",
    judging: "judging",
    retraining: "retraining",
    canary: "canary",
    shadow: "shadow",
    reconciling: "reconciling",
  }),
  ...say("busy", "clock", { queued: "queued", scheduled: "scheduled", maturing: "maturing" }),
  ...say("warn", "incident", {
    attention: "needs attention",
    warning: "warning",
    warn: "warning",
    degraded: "degraded",
    drifting: "drifting",
    drift: "drift",
    late: "late",
    open: "open",
    investigating: "investigating",
    quarantined: "quarantined",
    acknowledged: "acknowledged",
    stale: "stale",
    partial: "partial",
  }),
  ...say("warn", "user", {
    awaiting_approval: "awaiting approval",
    waiting_for_approval: "awaiting approval",
    pending_approval: "awaiting approval",
    needs_approval: "needs approval",
  }),
  ...say("bad", "cross", {
    bad: "failing",
    failed: "failed",
    differs: "differs",
    error: "error",
    breached: "breached",
    alarm: "alarm",
    refused: "refused",
    rejected: "rejected",
    killed: "killed",
    critical: "critical",
    down: "down",
    invalid: "invalid",
    broken: "broken",
    timed_out: "timed out",
    missing: "missing",
    blocked: "blocked",
  }),
  ...say("warn", "back", { rolled_back: "rolled back" }),
  ...say("idle", "ring", {
    empty: "not yet",
    none: "none",
    pending: "pending",
    waiting: "waiting",
    draft: "draft",
    not_started: "not started",
    created: "created",
    registered: "registered",
    unknown: "unknown",
    too_early: "too early",
    no_bound: "nothing to compare with",
    immature: "too early",
    insufficient: "too little data",
    not_run: "not run",
    collecting: "collecting",
  }),
  ...say("idle", "skip", {
    pruned: "pruned",
    skipped: "skipped",
    dropped: "dropped",
    not_cached: "not cached",
    elsewhere: "runs elsewhere",
    superseded: "superseded",
  }),
  ...say("idle", "stop", {
    cancelled: "cancelled",
    canceled: "cancelled",
    stopped: "stopped",
    retired: "retired",
    archived: "archived",
    off: "off",
    inactive: "inactive",
    idle: "idle",
  }),
  ...say("idle", "pause", { paused: "paused" }),
};

function say(tone: Tone, icon: IconName, named: Record<string, string>): Record<string, StateLook> {
  return Object.fromEntries(Object.entries(named).map(([state, word]) => [state, { tone, icon, word }]));
}
