import type { Clock } from "#kernel/clock";

/**
 * How many runs meet a condition, to choose the way of a search by. One that was counted some seconds ago is as
 * good for that: the way changes what a search costs, never what it finds. Who reads page after page of a search
 * has it counted once (of 100,000 runs a quarter of the time of a page).
 */
export interface RunCounts {
  /** What is remembered under this name, else what `count` finds. */
  of(name: string, count: () => Promise<number>): Promise<number>;
}

const rememberedMs = 10_000;
const mostRemembered = 1_000;

export function createRunCounts(clock: Clock): RunCounts {
  const remembered = new Map<string, { readonly count: number; readonly untilMs: number }>();
  return {
    async of(name, count) {
      const nowMs = clock.nowMs();
      const known = remembered.get(name);
      if (known !== undefined && nowMs < known.untilMs) return known.count;
      const counted = await count();
      if (remembered.size >= mostRemembered) remembered.clear();
      remembered.set(name, { count: counted, untilMs: nowMs + rememberedMs });
      return counted;
    },
  };
}
