import { dayMs, hourMs } from "#kernel/clock";
import type { Random } from "#stats";

// Relative to the mean. Mondays and Fridays are the travel days; nights are quiet. Sunday comes first, as in Date.
const byWeekday = [0.95, 1.2, 1.05, 0.95, 1, 1.2, 0.65];
const byHour = [1, 1, 1, 1, 2, 4, 7, 9, 9, 8, 7, 7, 7, 7, 7, 8, 9, 9, 8, 7, 6, 4, 3, 2];

/** Times at which messages arrive, in order: a number a day that varies like a Poisson count, in a weekly and a daily rhythm. */
export function arrivals(startsAtMs: number, days: number, perDay: number, random: Random): number[] {
  return Array.from({ length: days }, (_, day) => {
    const dayStartsAtMs = startsAtMs + day * dayMs;
    const mean = perDay * (byWeekday[new Date(dayStartsAtMs).getUTCDay()] ?? 1);
    const count = Math.max(0, Math.round(random.normal(mean, Math.sqrt(mean))));
    const times = Array.from(
      { length: count },
      () => dayStartsAtMs + random.pickWeighted(byHour) * hourMs + random.integer(hourMs / 1000) * 1000,
    );
    return times.sort((first, second) => first - second);
  }).flat();
}
