import { createRandom } from "#stats";
import type { Random } from "#stats";

import type { SearchDomain, SearchSpace, SearchValue } from "#objectives";

import type { TrialParameters } from "../entities.ts";
import type { Sampler } from "./sampler.ts";

/** Each parameter by itself; the trial of a number is the same for the same seed, whoever asks and when. */
export function createRandomSampler(space: SearchSpace, seed: number): Sampler {
  return {
    ask: async (number) => drawPoint(space, createRandom(`${seed}/${number}`)),
    tell: async () => {},
    close: async () => {},
  };
}

export function drawPoint(space: SearchSpace, random: Random): TrialParameters {
  return Object.fromEntries(
    Object.entries(space).map(([name, domain]) => [name, drawValue(domain, random.fork(name))]),
  );
}

function drawValue(domain: SearchDomain, random: Random): SearchValue {
  if (domain.kind === "choice") return random.pick(domain.options);
  const { kind, low, high, log, step } = domain;
  if (!log && step !== null) {
    const places = Math.floor((high - low) / step + 1e-9) + 1;
    return Number((low + random.integer(places) * step).toPrecision(12));
  }
  if (!log) return low + random.uniform() * (high - low);
  // Whole numbers stand for the half below and above them, so that the ends are as likely as their size.
  const [from, to] = kind === "int" ? [low - 0.5, high + 0.5] : [low, high];
  const drawn = Math.exp(Math.log(from) + random.uniform() * (Math.log(to) - Math.log(from)));
  return kind === "int" ? Math.min(high, Math.max(low, Math.round(drawn))) : drawn;
}
