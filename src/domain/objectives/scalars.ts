import { Cron } from "croner";
import { z } from "zod";

import { dayMs, hourMs, minuteMs, secondMs } from "#kernel/clock";

/** The small values of a project file. Each schema takes what people write and gives what programs count with. */

/** `10m`, `1.5h`, `3d` → milliseconds. */
export const duration = text(
  "a duration such as 30s, 10m, 6h or 3d",
  /^\d+(\.\d+)?(ms|s|m|h|d|w)$/,
).transform((written) => {
  const unit = /[a-z]+$/.exec(written)?.[0] ?? "";
  return Math.round(Number.parseFloat(written) * (unitMs[unit] ?? Number.NaN));
});

/** `20%` → 0.2 */
export const share = text(
  "a percentage from 0% to 100%, such as 20%",
  /^(100(\.0+)?|\d{1,2}(\.\d+)?)%$/,
).transform((written) => shareOf(written));

export type Comparison = ">=" | ">" | "<=" | "<";

/** `">= 0.85"`, `"< 5%"` → the sign and the number. */
export const comparison = text(
  'a comparison in quotes, such as ">= 0.85" or "<= 50"',
  /^\s*(>=|<=|>|<)\s*-?\d+(\.\d+)?%?\s*$/,
).transform((written) => {
  const sign = /^\s*(>=|<=|>|<)/.exec(written)?.[1];
  const bound = written.trim().replace(/^[<>]=?\s*/, "");
  return { comparison: signOf(sign), threshold: bound.endsWith("%") ? shareOf(bound) : Number(bound) };
});

/** `1 per quarter` → how often, in which time. */
export const frequency = text(
  "a number of times in a period, such as 1 per quarter or 2 per month",
  /^\d+(\.\d+)? per (day|week|month|quarter|year)$/,
).transform((written) => {
  const period = written.split(" per ")[1] ?? "";
  return { count: Number.parseFloat(written), periodMs: periodsMs[period] ?? Number.NaN, period };
});

/** `2027-03-31`, a day that exists. */
export const day = text("a day such as 2027-03-31", /^\d{4}-\d{2}-\d{2}$/).refine(
  (written) => {
    const date = new Date(`${written}T00:00:00Z`);
    return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(written);
  },
  { error: ({ input }) => `${String(input)} is no day of the calendar.` },
);

/** Five fields of cron, in UTC. */
export const schedule = text(
  'a schedule of five cron fields in quotes, such as "0 3 * * 1"',
  /^\S+( \S+){4}$/,
).refine(isSchedule, {
  error: ({ input }) =>
    `"${String(input)}" is no schedule: expected minute, hour, day, month and day of the week.`,
});

/** A path in the project's folder. */
export const path = text(
  "a path inside the project's folder, such as data/messages.csv",
  /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))(?![A-Za-z]:)[^\\\0]+$/,
);

export const url = z.url({
  protocol: /^https?$/,
  error: "a web address such as https://example.org/kpi.csv",
});

/** A name that can stand in an address: `airline-care`. */
export const name = text(
  "a name of small letters, digits and hyphens, such as airline-care",
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
);

/** A name of a dataset or an environment: also with underscores. */
export const noun = text(
  "a name of letters, digits, hyphens and underscores",
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
);

export const column = text("the name of a column", /\S/);
export const words = text("a text that is not empty", /\S/);
export const currency = text("a currency in three capital letters, such as EUR", /^[A-Z]{3}$/);
export const amount = z.number("an amount such as 12.50").min(0, "an amount of at least 0");

/** "12.5%", "0.2%": a share as people read it, without the noise of binary fractions. */
export function percentText(value: number): string {
  return `${Number((value * 100).toPrecision(10))}%`;
}

/** The longest unit that gives a whole number: `10 minutes`, `3 days`. */
export function durationText(valueMs: number): string {
  const unit = readableUnits.find(([, unitMs]) => valueMs >= unitMs && valueMs % unitMs === 0);
  if (unit === undefined) return `${valueMs} ms`;
  const count = valueMs / unit[1];
  return `${count} ${unit[0]}${count === 1 ? "" : "s"}`;
}

function text(expected: string, pattern: RegExp): z.ZodString {
  return z.string({ error: expected }).regex(pattern, { error: expected });
}

// Twelve decimals: 0.07 rather than 0.07000000000000001, and finer than anyone writes.
function shareOf(percentage: string): number {
  return Number((Number.parseFloat(percentage) / 100).toFixed(12));
}

function signOf(sign: string | undefined): Comparison {
  return sign === ">=" || sign === ">" || sign === "<=" ? sign : "<";
}

function isSchedule(written: string): boolean {
  try {
    return new Cron(written, { mode: "5-part", paused: true, timezone: "UTC" }).nextRun() !== null;
  } catch {
    return false;
  }
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: secondMs,
  m: minuteMs,
  h: hourMs,
  d: dayMs,
  w: 7 * dayMs,
};

// Mean lengths of the Gregorian calendar: a year has 365.2425 days.
const yearMs = 365.2425 * dayMs;
const periodsMs: Readonly<Record<string, number>> = {
  day: dayMs,
  week: 7 * dayMs,
  month: yearMs / 12,
  quarter: yearMs / 4,
  year: yearMs,
};

const readableUnits: readonly (readonly [string, number])[] = [
  ["day", dayMs],
  ["hour", hourMs],
  ["minute", minuteMs],
  ["second", secondMs],
];
