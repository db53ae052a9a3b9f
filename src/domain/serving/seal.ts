import { hourMs, minuteMs } from "#kernel/clock";

/** How often sealed segments become Parquet: those that grew full wait no longer than this. */
const everyMs = 10 * minuteMs;

/** The next time to look; times are multiples, so that a restarted server joins the same sequence. */
export function nextSealMs(nowMs: number): number {
  return (Math.floor(nowMs / everyMs) + 1) * everyMs;
}

/**
 * Four files a day are few enough to be read together after years, and what is still open is read as well,
 * line by line. A full segment is sealed at once, so this is about quiet models only.
 */
const longestOpenMs = 6 * hourMs;

/** Whether a quarter of a day ended since the look before `dueAtMs`: then the open segment is sealed too, however small. */
export function endsAQuarterDay(dueAtMs: number, nowMs: number): boolean {
  return Math.floor(nowMs / longestOpenMs) > Math.floor((dueAtMs - everyMs) / longestOpenMs);
}
