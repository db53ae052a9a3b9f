import { hash } from "node:crypto";

import { Problem } from "#kernel/errors";
import type { ServedRoute, Variant } from "#serving/routing";

import { problems } from "./problems.ts";

/** Which variant answers, and which ones only listen. */
export interface Assignment {
  readonly answering: Variant;
  readonly shadows: readonly Variant[];
}

/**
 * Assigns a unit to a variant. The same unit gets the same variant as long as the release lasts, and
 * raising the canary's share moves units only from live to canary, never back: a unit's place in [0, 1)
 * is fixed by the release, and the canary takes the places below its share. A version that the client
 * names is answered by that version, if it answers at all. Throws `model_not_served`.
 */
export function assign(route: ServedRoute, unit: string, version?: string): Assignment {
  const shadows = route.variants.filter((variant) => variant.role === "shadow");
  if (version !== undefined) return { answering: variantOfVersion(route, version), shadows };
  const canary = route.variants.find((variant) => variant.role === "canary");
  const takesCanary = canary !== undefined && placeOf(`${canary.releaseId}\n${unit}`) < canary.share;
  return { answering: takesCanary ? canary : mainVariant(route), shadows };
}

/** A place in [0, 1) from a text: the first 48 bits of its SHA-256, about a microsecond. */
export function placeOf(text: string): number {
  return hash("sha256", text, "buffer").readUIntBE(0, 6) / 2 ** 48;
}

/** The variant that answers when no canary does, and whose metadata the route shows. Throws `model_not_ready`. */
export function mainVariant(route: ServedRoute): Variant {
  const main = answeringVariants(route).find((variant) => variant.role !== "canary");
  if (main !== undefined) return main;
  throw new Problem(problems.model_not_ready, { message: `No version of ${route.name} could be opened.` });
}

export function answeringVariants(route: ServedRoute): readonly Variant[] {
  return route.variants.filter((variant) => variant.role !== "shadow");
}

export function variantOfVersion(route: ServedRoute, version: string): Variant {
  const answering = answeringVariants(route);
  const found = answering.find((variant) => String(variant.number) === version);
  if (found !== undefined) return found;
  const numbers = answering.map((variant) => variant.number).join(", ");
  throw new Problem(problems.model_not_served, {
    message: `Version ${version} of ${route.name} is not served; there is ${numbers}.`,
  });
}
