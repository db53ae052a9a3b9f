import type { Scalar } from "#pipelines/definition";

import { Verbatim } from "./scalar.ts";

/** What the files hold: scalars, lists and mappings in the order in which they are written. */
export type YamlValue = Scalar | Verbatim | readonly YamlValue[] | { readonly [key: string]: YamlValue };

export type YamlMapping = { readonly [key: string]: YamlValue };

export function isYamlMapping(value: YamlValue | undefined): value is YamlMapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Verbatim);
}

export function isYamlList(value: YamlValue | undefined): value is readonly YamlValue[] {
  return Array.isArray(value);
}
