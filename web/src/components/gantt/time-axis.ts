/** The part of time that is shown. */
export interface Span {
  fromMs: number;
  toMs: number;
}

const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 43_200_000, 86_400_000, 172_800_000,
  604_800_000,
];

/** Marks of the axis at round distances from the start, at least `apartPx` from each other. */
export function ticks(span: Span, zeroMs: number, width: number, apartPx = 88): number[] {
  const perPx = (span.toMs - span.fromMs) / Math.max(1, width);
  const step =
    steps.find((each) => each >= perPx * apartPx) ?? Math.ceil((perPx * apartPx) / 604_800_000) * 604_800_000;
  const first = Math.ceil((span.fromMs - zeroMs) / step) * step;
  const found: number[] = [];
  for (let at = zeroMs + first; at <= span.toMs; at += step) found.push(at);
  return found;
}

/** The same part, enlarged or made smaller around a moment; never wider than everything with some air. */
export function zoomSpan(span: Span, factor: number, aroundMs: number, whole: Span): Span {
  const length = Math.max(10, (span.toMs - span.fromMs) / factor);
  if (length >= whole.toMs - whole.fromMs) return whole;
  const share = (aroundMs - span.fromMs) / (span.toMs - span.fromMs);
  return shiftSpan({ fromMs: aroundMs - length * share, toMs: aroundMs + length * (1 - share) }, 0, whole);
}

/** The part moved, within everything. */
export function shiftSpan(span: Span, byMs: number, whole: Span): Span {
  const length = span.toMs - span.fromMs;
  const fromMs = Math.min(
    Math.max(whole.fromMs, span.fromMs + byMs),
    Math.max(whole.fromMs, whole.toMs - length),
  );
  return { fromMs, toMs: fromMs + length };
}

/** Things that ran, in as few lanes as let none overlap another: what ran at once is seen at once. */
export function toLanes<Bar extends { startMs: number; endMs: number }>(bars: readonly Bar[]): Bar[][] {
  const lanes: Bar[][] = [];
  const freeFrom: number[] = [];
  for (const bar of bars.toSorted((a, b) => a.startMs - b.startMs)) {
    let lane = freeFrom.findIndex((freeMs) => freeMs <= bar.startMs);
    if (lane === -1) lane = lanes.push([]) - 1;
    lanes[lane]?.push(bar);
    freeFrom[lane] = Math.max(bar.endMs, bar.startMs + 1);
  }
  return lanes;
}
