import { readParameterFile } from "../definition/parameter-files.ts";
import { isList, isMapping } from "../definition/values.ts";
import type { Value } from "../definition/values.ts";

/**
 * The numbers of a metrics file, by path within it (`test.recall`). A file of another form, such as a
 * table, has none.
 */
export function readMetrics(file: string, text: string): Readonly<Record<string, number>> {
  if (!/\.(json|ya?ml|toml)$/i.test(file)) return {};
  try {
    return Object.fromEntries(flatten(readParameterFile(file, text), ""));
  } catch {
    return {};
  }
}

function flatten(value: Value, path: string): readonly (readonly [string, number])[] {
  if (typeof value === "bigint") return [[path, Number(value)]];
  if (typeof value === "number") return Number.isFinite(value) ? [[path, value]] : [];
  const members = isMapping(value)
    ? Object.entries(value)
    : isList(value)
      ? value.map((item, index) => [String(index), item] as const)
      : [];
  return members.flatMap(([key, member]) => flatten(member, path === "" ? key : `${path}.${key}`));
}
