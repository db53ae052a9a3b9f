import type { Compute } from "#compute";

import type { Study, Trial } from "../entities.ts";
import { createGrid } from "./grid.ts";
import { openOptuna } from "./optuna.ts";
import { createRandomSampler } from "./random.ts";
import type { Sampler } from "./sampler.ts";

/** The sampler of a study, knowing all of its trials so far. Only tpe needs Python. */
export async function openSampler(
  parts: { readonly compute: Pick<Compute, "ensureEnvironment"> },
  { declaration }: Study,
  trials: readonly Trial[],
  signal: AbortSignal,
): Promise<Sampler> {
  if (declaration.sampler === "grid") return createGrid(declaration.space);
  if (declaration.sampler === "random") return createRandomSampler(declaration.space, declaration.seed);
  return await openOptuna(parts, { declaration, trials, signal });
}
