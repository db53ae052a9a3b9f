import type { TraceAssessment, TraceSpan, TraceState } from "../../data/traces.ts";

/** The states of traces and spans by the names every page uses. */
export function stateOf(state: TraceState | TraceSpan["status"]): string {
  return { OK: "ok", ERROR: "error", IN_PROGRESS: "running", STATE_UNSPECIFIED: "unknown", UNSET: "none" }[
    state
  ];
}

/** A value of any shape as text to read. */
export function readable(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** The value of an assessment in a word or two. */
export function verdict({ kind, value, error }: TraceAssessment): string {
  if (error !== null) return "failed";
  if (kind === "issue" && typeof value === "object" && value !== null && "issue_name" in value)
    return String(value.issue_name ?? "issue");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return readable(value);
}
