import { posix } from "node:path";

import { parse as parseToml, stringify as stringifyToml } from "smol-toml";
import { parseDocument } from "yaml";

import { Problem } from "#kernel/errors";

import { suggestName } from "../definition/suggest.ts";
import { readParameterFile } from "../definition/parameter-files.ts";
import { isList, isMapping, select } from "../definition/values.ts";
import type { Value } from "../definition/values.ts";
import { problems } from "../problems.ts";

/** Values set for one run, by file of parameters: the path of a key (`train.alpha`) to its value. */
export type Overrides = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** `{ "train.alpha": 0.2, "other.yaml:depth": 3 }`, where a key without a file is one of params.yaml. */
export function readOverrides(
  parameters: Readonly<Record<string, unknown>>,
  pipelineFile: string,
): Overrides {
  const overrides = new Map<string, Map<string, unknown>>();
  const folder = posix.dirname(pipelineFile);
  for (const [name, value] of Object.entries(parameters)) {
    const colon = name.indexOf(":");
    const file = posix.normalize(posix.join(folder, colon < 0 ? "params.yaml" : name.slice(0, colon)));
    const values = overrides.get(file) ?? new Map<string, unknown>();
    overrides.set(file, values.set(name.slice(colon + 1), value));
  }
  return overrides;
}

/**
 * The text of the file with the values set; comments and order of YAML stay. Throws `parameter_missing`
 * for a key the file does not hold, because a slip in a name must not pass for a change.
 */
export function applyOverrides(file: string, text: string, values: ReadonlyMap<string, unknown>): string {
  const held = readParameterFile(file, text);
  for (const path of values.keys()) {
    if (select(held, path) === undefined) throw missing(file, path, held);
  }
  const ending = posix.extname(file);
  if (ending === ".json") return `${JSON.stringify(setAll(JSON.parse(text), values), null, 2)}\n`;
  if (ending === ".toml") return stringifyToml(setAll(parseToml(text), values));
  if (ending === ".py") {
    throw new Problem(problems.parameter_missing, {
      message: `The parameters of ${file} are program text, which a run does not rewrite.`,
      next: "Move what you want to set into params.yaml.",
    });
  }
  const document = parseDocument(text);
  for (const [path, value] of values) document.setIn(keysOf(path, held), value);
  return document.toString();
}

function setAll<Root>(root: Root, values: ReadonlyMap<string, unknown>): Root {
  for (const [path, value] of values) {
    const keys = path.split(".");
    let container: unknown = root;
    for (const key of keys.slice(0, -1)) container = isObject(container) ? container[key] : undefined;
    const last = keys.at(-1);
    if (isObject(container) && last !== undefined) container[last] = value;
  }
  return root;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** A part of digits is a place in a list only where there is a list. */
function keysOf(path: string, held: Value): readonly (string | number)[] {
  const parts = path.split(".");
  return parts.map((part, index) => {
    const container = index === 0 ? held : select(held, parts.slice(0, index).join("."));
    return container !== undefined && isList(container) ? Number(part) : part;
  });
}

function missing(file: string, path: string, held: Value): Problem {
  const parts = path.split(".");
  const above = parts.slice(0, -1).join(".");
  const container = above === "" ? held : select(held, above);
  const known = container !== undefined && isMapping(container) ? Object.keys(container) : [];
  return new Problem(problems.parameter_missing, {
    message: `${file} has no parameter "${path}".`,
    next: suggestName(parts.at(-1) ?? path, known),
    data: { file, parameter: path },
  });
}
