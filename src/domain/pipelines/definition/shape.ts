import { suggestName } from "./suggest.ts";
import { invalidAt, invalidAtPosition } from "./source.ts";
import type { Site } from "./source.ts";
import { isComposite, isList, isMapping, kindOf } from "./values.ts";
import type { Mapping, Scalar, Value } from "./values.ts";

/** The mapping at a site; an empty one where nothing stands. */
export function mappingAt(site: Site, expected: string): Mapping {
  if (site.value === undefined || site.value === null) return {};
  if (isMapping(site.value)) return site.value;
  throw invalidAt(site, `${site.name} is ${kindOf(site.value)}.`, `Expected ${expected}.`);
}

/** The members of the list at a site; none where nothing stands. */
export function itemsAt(site: Site, expected: string): readonly Site[] {
  if (site.value === undefined || site.value === null) return [];
  if (!isList(site.value))
    throw invalidAt(site, `${site.name} is ${kindOf(site.value)}.`, `Expected ${expected}.`);
  return site.value.map((_item, index) => site.at(index));
}

export function refuseUnknownKeys(site: Site, mapping: Mapping, known: readonly string[]): void {
  for (const key of Object.keys(mapping)) {
    if (known.includes(key)) continue;
    const place = site.name === "" ? "at the top of the file" : `in ${site.name}`;
    throw invalidAtPosition(site.keyPosition(key), `Unknown key "${key}" ${place}.`, suggestName(key, known));
  }
}

/** The only key of a mapping such as `- model.pkl: {cache: false}`. */
export function onlyEntry(site: Site, mapping: Mapping, expected: string): readonly [string, Value] {
  const [entry, second] = Object.entries(mapping);
  if (entry === undefined || second !== undefined) {
    const count = Object.keys(mapping).length;
    throw invalidAt(site, `${site.name} is a mapping of ${count} keys.`, `Expected ${expected}.`);
  }
  return entry;
}

export function booleanAt(site: Site, absent: boolean): boolean {
  if (site.value === undefined) return absent;
  if (typeof site.value === "boolean") return site.value;
  throw invalidAt(site, `${site.name} is ${kindOf(site.value)}.`, "Expected true or false.");
}

export function scalarAt(site: Site, expected: string): Scalar {
  if (site.value !== undefined && site.value !== null && !isComposite(site.value)) return site.value;
  throw invalidAt(site, `${site.name} is ${kindOf(site.value)}.`, `Expected ${expected}.`);
}

export function textAt(site: Site, expected: string): string {
  if (typeof site.value === "string") return site.value;
  throw invalidAt(site, `${site.name} is ${kindOf(site.value)}.`, `Expected ${expected}.`);
}
