import { interpolateValue } from "./interpolation.ts";
import type { Scope } from "./interpolation.ts";
import { invalidAt } from "./source.ts";
import type { Site } from "./source.ts";
import { isComposite, isList, isMapping, kindOf, toText } from "./values.ts";
import type { Mapping, Value } from "./values.ts";

/** One stage that a template gives: the part of its name behind `@`, and what `${item}` and `${key}` mean in it. */
export interface Expanded {
  readonly key: string;
  readonly variables: Mapping;
}

/** `foreach`: scalars are their own keys, lists with composites count from 0, mappings give `${key}` too. */
export function expandForeach(site: Site, scope: Scope): readonly Expanded[] {
  const items = interpolateValue(site.value ?? null, scope, site);
  if (isMapping(items)) {
    return Object.entries(items).map(([key, item]) => ({ key, variables: { item, key } }));
  }
  if (!isList(items)) {
    throw invalidAt(
      site,
      `${site.name} is ${kindOf(items)}.`,
      "Expected a list, a mapping, or a ${…} that is one.",
    );
  }
  const composite = items.some(isComposite);
  const expanded = items.map((item, index) => ({
    key: composite || isComposite(item) ? String(index) : toText(item),
    variables: { item },
  }));
  return uniqueByKey(expanded);
}

/** `matrix`: every combination of the axes; a composite value is named by its axis and place, `dict0`. */
export function expandMatrix(site: Site, scope: Scope): readonly Expanded[] {
  if (!isMapping(site.value)) {
    throw invalidAt(
      site,
      `${site.name} is ${kindOf(site.value)}.`,
      "Expected a mapping of axis names to lists.",
    );
  }
  let combinations: readonly { fragments: readonly string[]; item: Mapping }[] = [
    { fragments: [], item: {} },
  ];
  for (const [axis, raw] of Object.entries(site.value)) {
    const values = readAxis(raw, axis, site, scope);
    combinations = combinations.flatMap(({ fragments, item }) =>
      values.map((value, index) => ({
        fragments: [...fragments, isComposite(value) ? `${axis}${index}` : toText(value)],
        item: { ...item, [axis]: value },
      })),
    );
  }
  return uniqueByKey(
    combinations.map(({ fragments, item }) => {
      const key = fragments.join("-");
      return { key, variables: { item, key } };
    }),
  );
}

function readAxis(raw: Value, axis: string, site: Site, scope: Scope): readonly Value[] {
  const values = interpolateValue(raw, scope, site.at(axis));
  if (isList(values)) return values;
  throw invalidAt(
    site.at(axis),
    `${site.name}.${axis} is ${kindOf(values)}.`,
    "Expected a list, or a ${…} that is one.",
  );
}

/** A value that stands twice in a list gives one stage. */
function uniqueByKey(expanded: readonly Expanded[]): readonly Expanded[] {
  return [...new Map(expanded.map((one) => [one.key, one])).values()];
}
