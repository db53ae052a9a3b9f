import type { SearchDomain, SearchSpace, SearchValue } from "#objectives";

import type { TrialParameters } from "../entities.ts";
import type { Sampler } from "./sampler.ts";

/** Every point of a space of finite domains once, the last parameter changing fastest. */
export function createGrid(space: SearchSpace): Sampler {
  return {
    async ask(_, trials) {
      const taken = new Set(
        trials.filter(({ state }) => state !== "cancelled").map(({ parameters }) => keyOf(space, parameters)),
      );
      for (let place = 0; place < gridSize(space); place++) {
        const point = pointAt(space, place);
        if (!taken.has(keyOf(space, point))) return point;
      }
      return undefined;
    },
    tell: async () => {},
    close: async () => {},
  };
}

export function gridSize(space: SearchSpace): number {
  return Object.values(space).reduce((size, domain) => size * countOf(domain), 1);
}

function pointAt(space: SearchSpace, place: number): TrialParameters {
  let rest = place;
  const point: [string, SearchValue][] = [];
  for (const [name, domain] of Object.entries(space).toReversed()) {
    const count = countOf(domain);
    point.unshift([name, valueAt(domain, rest % count)]);
    rest = Math.floor(rest / count);
  }
  return Object.fromEntries(point);
}

function countOf(domain: SearchDomain): number {
  if (domain.kind === "choice") return domain.options.length;
  // The least error of binary fractions: float(0, 1, 0.1) has eleven points.
  return Math.floor((domain.high - domain.low) / (domain.step ?? Number.POSITIVE_INFINITY) + 1e-9) + 1;
}

function valueAt(domain: SearchDomain, index: number): SearchValue {
  if (domain.kind === "choice") return domain.options[index] ?? "";
  return Number((domain.low + index * (domain.step ?? 0)).toPrecision(12));
}

function keyOf(space: SearchSpace, parameters: TrialParameters): string {
  return JSON.stringify(Object.keys(space).map((name) => parameters[name]));
}
