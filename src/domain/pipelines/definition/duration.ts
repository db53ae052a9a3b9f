const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `90` and `90s`, which are seconds, `30m`, `2h` or `1d`; undefined for anything else, and for none. */
export function durationMsOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(text.trim());
  if (match === null) return undefined;
  const durationMs = Number(match[1]) * (unitsMs[match[2] ?? "s"] ?? Number.NaN);
  return durationMs > 0 ? durationMs : undefined;
}
