import type { Facets } from "./entities.ts";

/** What is known after a report: a newer one replaces facet by facet, an older one only adds what is missing. */
export function mergeFacets(kept: Facets, reported: Facets, isNewer: boolean): Facets {
  const merged = isNewer ? { ...kept, ...reported } : { ...reported, ...kept };
  // A facet that was taken away stays away only as long as nothing newer brings it: it is not remembered.
  return Object.fromEntries(Object.entries(merged).filter(([, facet]) => facet !== null));
}
