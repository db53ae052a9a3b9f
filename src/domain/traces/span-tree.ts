import type { Span } from "./entities.ts";

export interface PlacedSpan {
  readonly span: Span;
  /** 0 for a root. */
  readonly depth: number;
  readonly children: number;
}

/**
 * The spans as a tree, written as a list: each before its children, children by their start. A span
 * whose parent is not there stands as a root; so do those of a circle, which a client could send.
 */
export function toTree(spans: readonly Span[]): readonly PlacedSpan[] {
  const known = new Set(spans.map((span) => span.id));
  const byParent = Map.groupBy(spans.toSorted(byStart), (span) =>
    span.parentId !== null && known.has(span.parentId) ? span.parentId : null,
  );
  const placed: PlacedSpan[] = [];
  const seen = new Set<string>();
  const place = (roots: readonly Span[]): void => {
    const waiting = roots.map((span) => ({ span, depth: 0 })).toReversed();
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { span, depth } = next;
      if (seen.has(span.id)) continue;
      seen.add(span.id);
      const children = byParent.get(span.id) ?? [];
      placed.push({ span, depth, children: children.length });
      waiting.push(...children.map((child) => ({ span: child, depth: depth + 1 })).toReversed());
    }
  };
  place(byParent.get(null) ?? []);
  for (const span of spans) if (!seen.has(span.id)) place([span]);
  return placed;
}

function byStart(a: Span, b: Span): number {
  return a.startedAtNs < b.startedAtNs ? -1 : a.startedAtNs > b.startedAtNs ? 1 : 0;
}
