import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import type { NewVerification } from "./entities.ts";

/** So many of the stages by chance, the same with the same seed (mulberry32), in their order. Throws `verification_invalid`. */
export function chooseStages<Stage extends { readonly name: string }>(
  stages: readonly Stage[],
  { sample, seed = 1 }: Pick<NewVerification, "sample" | "seed">,
): readonly Stage[] {
  if (sample === undefined || sample >= stages.length) return stages;
  if (sample < 1)
    throw new Problem(problems.verification_invalid, { message: `A sample of ${sample} is none.` });
  const pool = [...stages];
  let state = seed;
  const chosen = new Set<Stage | undefined>();
  while (chosen.size < sample) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const index = Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * pool.length);
    chosen.add(pool.splice(index, 1)[0]);
  }
  return stages.filter((stage) => chosen.has(stage));
}
