import { statSync } from "node:fs";
import { isAbsolute } from "node:path";

import { readParameterFile } from "#pipelines/definition";
import type { Value } from "#pipelines/definition";

import { Verbatim } from "../formats/scalar.ts";
import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import { readYaml } from "../formats/yaml-reader.ts";
import type { YamlMapping, YamlValue } from "../formats/yaml-value.ts";
import { placeOf } from "../repository/repository.ts";
import { isImport, isRepositoryImport } from "../repository/stages.ts";
import type { TrackedDependency, TrackedOut, TrackedParameters, TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";

/** How a path differs from what the files say of it. */
export type PathChange = "new" | "modified" | "deleted" | "not in cache";

/** How a path lies in the work tree, against a dependency's or an out's digest. */
export async function pathChange(
  session: Session,
  tracked: TrackedDependency,
): Promise<PathChange | undefined> {
  if (isRemoteAddress(tracked.path)) return undefined;
  const { digest } = tracked;
  const found = await session.look(tracked.path, { isLegacy: digest?.isLegacy ?? false });
  if (found === undefined) return "deleted";
  return digest === undefined || digest.md5 !== found.md5 ? "modified" : undefined;
}

export async function outChange(session: Session, out: TrackedOut): Promise<PathChange | undefined> {
  if (out.isCached && out.digest !== undefined && !isInCache(session, out)) return "not in cache";
  if (isLeftOut(session, out.path)) return "deleted";
  return await pathChange(session, out);
}

/** Whether the cache has everything an out is made of. */
export function isInCache({ cache }: Session, { digest }: TrackedOut): boolean {
  return digest !== undefined && cache.hasAll(digest);
}

/** An out that DVC ignores is not there for it; a dependency is. */
function isLeftOut(session: Session, path: string): boolean {
  return !isAbsolute(path) && !path.startsWith("../") && session.ignore.ignores(path, true);
}

export function isRemoteAddress(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path);
}

/** How parameters differ from those of the last run: the file as a whole, or key by key. */
export function parameterChanges(
  session: Session,
  parameters: TrackedParameters,
): "deleted" | "new" | Readonly<Record<string, "new" | "modified" | "deleted">> {
  if (statSync(placeOf(session.repository, parameters.file), { throwIfNoEntry: false }) === undefined)
    return "deleted";
  const { locked } = parameters;
  if (locked === undefined) return "new";
  const actual = currentParameters(session, parameters);
  const keys = parameters.keys ?? [...new Set([...Object.keys(actual), ...Object.keys(locked)])];
  const changes = keys.flatMap((key): [string, "new" | "modified" | "deleted"][] => {
    if (!Object.hasOwn(actual, key)) return [[key, "deleted"]];
    if (!Object.hasOwn(locked, key)) return [[key, "new"]];
    return isSame(actual[key] ?? null, locked[key] ?? null) ? [] : [[key, "modified"]];
  });
  return Object.fromEntries(changes);
}

/** The values of a stage's parameters now; keys that are not there are left out. */
export function currentParameters(
  session: Pick<Session, "tree">,
  { file, keys }: Pick<TrackedParameters, "file" | "keys">,
): YamlMapping {
  const text = session.tree.readText(file);
  if (text === undefined) return {};
  const values = readParameters(file, text);
  if (keys === null || keys.length === 0) return values;
  return Object.fromEntries(
    keys.flatMap((key): [string, YamlValue][] => {
      const value = selectYaml(values, key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** A parameter file of any kind; dates of YAML stay dates. */
export function readParameters(file: string, text: string): YamlMapping {
  return /\.(toml|py|json)$/i.test(file) ? toYaml(readParameterFile(file, text)) : readYaml(file, text);
}

function toYaml(values: { readonly [key: string]: Value }): YamlMapping {
  return values;
}

function selectYaml(values: YamlMapping, key: string): YamlValue | undefined {
  if (Object.hasOwn(values, key)) return values[key];
  let current: YamlValue | undefined = values;
  for (const part of key.split(".")) {
    if (isYamlList(current)) current = /^\d+$/.test(part) ? current[Number(part)] : undefined;
    else if (isYamlMapping(current)) current = Object.hasOwn(current, part) ? current[part] : undefined;
    else return undefined;
  }
  return current;
}

/** As Python compares: `1` and `1.0` are equal, and the order of keys does not matter. */
export function isSame(a: YamlValue, b: YamlValue): boolean {
  if (a instanceof Verbatim || b instanceof Verbatim) return plainOf(a) === plainOf(b);
  if (isYamlList(a) && isYamlList(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index] ?? null));
  }
  if (isYamlMapping(a) && isYamlMapping(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && isSame(a[key] ?? null, b[key] ?? null))
    );
  }
  // oxlint-disable-next-line eqeqeq -- a bigint and a number of the same value are the same number
  if (isNumber(a) && isNumber(b)) return a == b;
  return a === b;
}

function isNumber(value: YamlValue): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function plainOf(value: YamlValue): unknown {
  if (value instanceof Verbatim) return Number.isNaN(Number(value.text)) ? value.text : Number(value.text);
  return typeof value === "bigint" ? Number(value) : value;
}

/** Whether a stage's dependencies may be looked at: other repositories are not asked. */
export function isAskedElsewhere(stage: TrackedStage): boolean {
  return (
    isRepositoryImport(stage) ||
    (isImport(stage) && stage.dependencies.some(({ path }) => isRemoteAddress(path)))
  );
}
