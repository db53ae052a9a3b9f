import { randomFillSync } from "node:crypto";

import type { Clock } from "./clock.ts";

/** The kinds of things that carry an id of ours. The prefix is the kind, so that an id says what it names. */
export const idPrefixes = {
  principal: "usr",
  token: "tok",
  event: "evt",
  job: "job",
  datasetVersion: "dv",
  runView: "view",
  execution: "exe",
  step: "stp",
  schedule: "sch",
  trigger: "trg",
  backfill: "bkf",
  verification: "ver",
  work: "wrk",
  study: "stu",
  model: "mdl",
  modelVersion: "mv",
  release: "rel",
  deployment: "dep",
  prediction: "prd",
  monitor: "mon",
  incident: "inc",
  webhook: "whk",
  lineageEndpoint: "lep",
} as const;

export type IdKind = keyof typeof idPrefixes;

// Crockford's base 32: no I, L, O, U, so that an id can be read aloud; its order is the order of the bits.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const timeDigits = 9;
const randomDigits = 11;

/**
 * Makes an id such as `mv_1hq8z3k0m4x2…`: the kind, 9 digits of milliseconds, 11 random digits (55
 * bits). Ids of one kind sort by the time they were made.
 */
export function createId(kind: IdKind, clock: Clock): string {
  return `${idPrefixes[kind]}_${encodeTime(clock.nowMs())}${encodeRandom()}`;
}

/** When an id of ours was made; undefined for what is none, such as an id that a client chose. */
export function idTimeMs(id: string): number | undefined {
  const [prefix, digits = ""] = id.split("_");
  const isOurs =
    Object.values<string | undefined>(idPrefixes).includes(prefix) &&
    digits.length === timeDigits + randomDigits;
  if (!isOurs) return undefined;
  let ms = 0;
  for (const digit of digits.slice(0, timeDigits)) {
    const value = alphabet.indexOf(digit);
    if (value < 0) return undefined;
    ms = ms * 32 + value;
  }
  return ms;
}

function encodeTime(ms: number): string {
  let rest = ms;
  let digits = "";
  for (let index = 0; index < timeDigits; index++) {
    digits = alphabet.charAt(rest % 32) + digits;
    rest = Math.floor(rest / 32);
  }
  return digits;
}

/** Asking the system for random bytes costs more than the id: they are asked for many ids at once. */
function encodeRandom(): string {
  if (nextByte + randomDigits > pool.length) {
    randomFillSync(pool);
    nextByte = 0;
  }
  let digits = "";
  for (const end = nextByte + randomDigits; nextByte < end; nextByte++) {
    digits += alphabet.charAt((pool[nextByte] ?? 0) & 31);
  }
  return digits;
}

const pool = new Uint8Array(256 * randomDigits);
let nextByte = pool.length;
