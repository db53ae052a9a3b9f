import type { TraceSpan } from "../../data/traces.ts";

/** The spans without those below a closed one; a span stands before its children. */
export function visibleSpans(spans: readonly TraceSpan[], closed: ReadonlySet<string>): readonly TraceSpan[] {
  let hiddenBelow = Number.POSITIVE_INFINITY;
  return spans.filter((span) => {
    if (span.depth > hiddenBelow) return false;
    hiddenBelow = closed.has(span.id) ? span.depth : Number.POSITIVE_INFINITY;
    return true;
  });
}

/** From the first start to the last end that is known; never nothing, so that shares can be taken of it. */
export function extent(spans: readonly TraceSpan[]): number {
  return spans.map((span) => span.offsetMs + (span.durationMs ?? 0)).reduce((a, b) => Math.max(a, b), 0.001);
}
