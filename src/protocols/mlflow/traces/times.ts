import { z } from "zod";

/** A Timestamp in JSON (`2027-01-01T00:00:00.123Z`), as milliseconds. */
export const timestamp = z
  .string()
  .transform((text) => Date.parse(text))
  .refine((ms) => Number.isSafeInteger(ms), "it must be a time such as 2027-01-01T00:00:00.123Z");

/** A Duration in JSON (`1.5s`), as milliseconds; parts of them are cut off. */
export const duration = z
  .string()
  .regex(/^-?\d{1,12}(\.\d{1,9})?s$/, "it must be a number of seconds such as 1.5s")
  .transform((text) => {
    const [, sign = "", seconds = "0", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?s$/.exec(text) ?? [];
    const ms = Number(seconds) * 1_000 + Number(fraction.padEnd(3, "0").slice(0, 3));
    return sign === "-" ? -ms : ms;
  });

/** A whole second has no fraction, as protocol buffers write it. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.000Z$/, "Z");
}

export function toDuration(ms: number): string {
  const rest = Math.abs(ms) % 1_000;
  const seconds = Math.floor(Math.abs(ms) / 1_000);
  return `${ms < 0 ? "-" : ""}${seconds}${rest === 0 ? "" : `.${String(rest).padStart(3, "0")}`}s`;
}

/** An enum of protocol buffers: its name, or its number. */
export function enumeration<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.preprocess((value) => {
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    return typeof number === "number" ? (names[number] ?? value) : value;
  }, z.enum(names));
}
