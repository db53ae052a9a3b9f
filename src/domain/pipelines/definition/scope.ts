import { posix } from "node:path";

import type { Scope } from "./interpolation.ts";
import { isInterpolated } from "./interpolation.ts";
import { defaultFlagStyle } from "./command-flags.ts";
import type { FlagStyle } from "./command-flags.ts";
import type { OutsidePaths } from "./paths.ts";
import { suggestName } from "./suggest.ts";
import { readParameterFile } from "./parameter-files.ts";
import { invalidAt } from "./source.ts";
import type { Site } from "./source.ts";
import { isList, isMapping, kindOf } from "./values.ts";
import type { Mapping, Value } from "./values.ts";

/** The text files of a project, by path from its root with forward slashes. */
export interface ProjectFiles {
  readText(path: string): Promise<string | undefined>;
}

/** A scope that still remembers which file gave what, so that nothing is loaded or defined twice. */
export interface Variables extends Scope {
  /** The files loaded, with the keys taken from each; null when all of them. */
  readonly loaded: ReadonlyMap<string, readonly string[] | null>;
}

export const noVariables = (
  flags: FlagStyle = defaultFlagStyle,
  outside: OutsidePaths = "refused",
): Variables => ({
  values: {},
  flags,
  outside,
  loaded: new Map(),
});

/** `params.yaml` of the folder, when there is one. */
export async function loadDefaultVariables(
  before: Variables,
  folder: string,
  files: ProjectFiles,
): Promise<Variables> {
  const path = posix.join(folder, "params.yaml");
  const text = await files.readText(path);
  if (text === undefined) return before;
  return { ...before, values: readParameterFile(path, text), loaded: new Map([[path, null]]) };
}

/**
 * Adds what a `vars` list names: `file`, `file:key,key`, or a mapping written in place. Mappings are
 * merged member by member; what is defined already must not be defined again.
 */
export async function loadVariables(
  before: Variables,
  site: Site,
  folder: string,
  files: ProjectFiles,
): Promise<Variables> {
  if (site.value === undefined) return before;
  if (!isList(site.value))
    throw invalidAt(site, `${site.name} is ${kindOf(site.value)}.`, "Expected a list of files and mappings.");
  let variables = before;
  for (const [index, item] of site.value.entries()) {
    variables = await addItem(variables, item, site.at(index), folder, files);
  }
  return variables;
}

async function addItem(
  before: Variables,
  item: Value,
  site: Site,
  folder: string,
  files: ProjectFiles,
): Promise<Variables> {
  refuseInterpolation(item, site);
  if (isMapping(item)) return { ...before, values: merge(before.values, item, site, "") };
  if (typeof item !== "string") {
    throw invalidAt(
      site,
      `${site.name} is ${kindOf(item)}.`,
      "Expected a file such as params.yaml, or a mapping.",
    );
  }
  const [name = "", keyText = ""] = item.split(/:(.*)/s);
  const path = posix.normalize(posix.join(folder, name));
  const keys = keyText.split(",").filter((key) => key !== "");
  const wanted = keys.length === 0 ? null : keys;
  const already = before.loaded.get(path);
  if (already === null && wanted === null) return before;
  if (already !== undefined) refuseTwice(item, already, wanted, site);
  const values = await readSelected(path, wanted, site, files);
  return {
    ...before,
    values: merge(before.values, values, site, ""),
    loaded: new Map([...before.loaded, [path, wanted === null ? null : [...(already ?? []), ...wanted]]]),
  };
}

async function readSelected(
  path: string,
  keys: readonly string[] | null,
  site: Site,
  files: ProjectFiles,
): Promise<Mapping> {
  const text = await files.readText(path);
  if (text === undefined) {
    throw invalidAt(
      site,
      `${site.name} names the file ${path}, which does not exist.`,
      "Mend the name or add the file.",
    );
  }
  const values = readParameterFile(path, text);
  if (keys === null) return values;
  const selected: [string, Value][] = keys.map((key) => {
    const value = values[key];
    if (value === undefined) {
      throw invalidAt(
        site,
        `${path} has no "${key}", which ${site.name} asks for.`,
        suggestName(key, Object.keys(values)),
      );
    }
    return [key, value];
  });
  return Object.fromEntries(selected);
}

function refuseTwice(
  item: string,
  already: readonly string[] | null,
  wanted: readonly string[] | null,
  site: Site,
): void {
  const overlap = already !== null && wanted !== null && !wanted.some((key) => already.includes(key));
  if (overlap) return;
  throw invalidAt(
    site,
    `${site.name} loads "${item}", but the file is loaded already.`,
    "Name each file, or each of its keys, once.",
  );
}

function merge(into: Mapping, more: Mapping, site: Site, prefix: string): Mapping {
  const merged: Record<string, Value> = { ...into };
  for (const [key, value] of Object.entries(more)) {
    const existing = Object.hasOwn(into, key) ? into[key] : undefined;
    if (existing === undefined) merged[key] = value;
    else if (isMapping(existing) && isMapping(value))
      merged[key] = merge(existing, value, site, `${prefix}${key}.`);
    else {
      throw invalidAt(
        site,
        `${site.name} defines "${prefix}${key}", which is defined already.`,
        "Give it another name, or define it once.",
      );
    }
  }
  return merged;
}

function refuseInterpolation(item: Value, site: Site): void {
  if (typeof item === "string" && isInterpolated(item)) {
    throw invalidAt(
      site,
      `${site.name} uses \${…}, which vars cannot.`,
      "Write the value itself; vars are what ${…} is read from.",
    );
  }
  if (isList(item)) for (const [index, member] of item.entries()) refuseInterpolation(member, site.at(index));
  if (isMapping(item))
    for (const [key, member] of Object.entries(item)) refuseInterpolation(member, site.at(key));
}
