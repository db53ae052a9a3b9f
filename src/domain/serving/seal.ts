import { hourMs, minuteMs } from "#kernel/clock";

/** How often sealed segments become Parquet: those that grew full wait no longer than this. */
const everyMs = 10 * minuteMs;

/** The next time to look; times are multiples, so that a restarted server joins the same sequence. */
export function nextSealMs(nowMs: number): number {
  return (Math.floor(nowMs / everyMs) + 1) * everyMs;
}

/** Whether an hour ended since the look before `dueAtMs`: then the open segment is sealed too, however small. */
export function endsAnHour(dueAtMs: number, nowMs: number): boolean {
  return Math.floor(nowMs / hourMs) > Math.floor((dueAtMs - everyMs) / hourMs);
}
