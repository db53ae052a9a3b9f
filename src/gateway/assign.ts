import { hash } from "node:crypto";

import type { ServedRoute, Variant } from "#serving/routing";

/** Which variant answers, and which ones only listen. */
export interface Assignment {
  readonly answering: Variant;
  readonly shadows: readonly Variant[];
}

/**
 * Assigns a unit to a variant. The same unit gets the same variant as long as the release lasts, and
 * raising the canary's share moves units only from live to canary, never back: a unit's place in [0, 1)
 * is fixed by the release, and the canary takes the places below its share.
 */
export function assign(route: ServedRoute, unit: string): Assignment {
  const shadows = route.variants.filter((variant) => variant.role === "shadow");
  const first = route.variants.find((variant) => variant.role === "live") ?? route.variants[0];
  const canary = route.variants.find((variant) => variant.role === "canary");
  if (first === undefined) throw new Error(`the route ${route.name} has no variant`);
  const takesCanary = canary !== undefined && placeOf(`${canary.releaseId}\n${unit}`) < canary.share;
  return { answering: takesCanary ? canary : first, shadows };
}

/** A place in [0, 1) from a text: the first 48 bits of its SHA-256, about a microsecond. */
export function placeOf(text: string): number {
  return hash("sha256", text, "buffer").readUIntBE(0, 6) / 2 ** 48;
}
