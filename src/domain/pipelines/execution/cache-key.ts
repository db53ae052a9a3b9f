import { canonicalJson, digestOfJson } from "#kernel/digest";
import type { Digest } from "#kernel/digest";

import { readParameterFile } from "../definition/parameter-files.ts";
import { select, toJson } from "../definition/values.ts";
import type { Stage, StageParameters } from "../definition/stages.ts";
import type { Difference, KeyParts } from "../entities.ts";

/** The key under which the result of a step is kept. Equal parts, equal keys; any other part, another key. */
export function cacheKeyOf(parts: KeyParts): Digest {
  return digestOfJson({ format: "gyre-step-1", ...parts });
}

/** Where the parts come from: the folder of an execution, or the project as it stands. */
export interface InputReader {
  /** Of a file, or of the listing of a folder; undefined where nothing stands. */
  digestOf(path: string): Promise<Digest | undefined>;
  readText(path: string): Promise<string | undefined>;
}

export interface MissingInput {
  readonly missing: string;
}

/** Of the place where a step runs, what its result depends on. */
export type KeySurroundings = Pick<KeyParts, "environment" | "image" | "platform" | "interpreter">;

/** Reads the parts of a stage's key; names the first input that is not there. */
export async function readKeyParts(
  stage: Stage,
  surroundings: KeySurroundings,
  reader: InputReader,
): Promise<KeyParts | MissingInput> {
  const deps: Record<string, Digest> = {};
  for (const path of stage.deps) {
    const digest = await reader.digestOf(path);
    if (digest === undefined) return { missing: path };
    deps[path] = digest;
  }
  const params: Record<string, Record<string, unknown>> = {};
  for (const wanted of stage.params) {
    const text = await reader.readText(wanted.file);
    if (text === undefined) return { missing: wanted.file };
    const values = readValues(wanted, text);
    if ("missing" in values) return values;
    params[wanted.file] = values.values;
  }
  return {
    commands: stage.commands,
    wdir: stage.wdir,
    deps,
    params,
    ...surroundings,
    outs: stage.outs.map((out) => out.path).toSorted(),
    // Left out where there are none, so that keys from before there were secrets stay what they were.
    ...(stage.settings.secrets.length === 0 ? {} : { secrets: stage.settings.secrets }),
  };
}

function readValues(
  { file, keys }: StageParameters,
  text: string,
): { values: Record<string, unknown> } | MissingInput {
  const held = readParameterFile(file, text);
  if (keys === null)
    return { values: Object.fromEntries(Object.entries(held).map(([key, value]) => [key, toJson(value)])) };
  const values: Record<string, unknown> = {};
  for (const key of keys) {
    const value = select(held, key);
    if (value === undefined) return { missing: `${key} in ${file}` };
    values[key] = toJson(value);
  }
  return { values };
}

/** Names every part in which a step differs from the last one of its stage. */
export function compareParts(before: KeyParts, now: KeyParts): readonly Difference[] {
  const differences: Difference[] = [];
  const add = (
    part: Difference["part"],
    name: string,
    old: string | undefined,
    current: string | undefined,
  ): void => {
    if (old !== current) differences.push({ part, name, before: old ?? null, now: current ?? null });
  };
  add("command", "", before.commands.join("\n"), now.commands.join("\n"));
  add("wdir", "", before.wdir, now.wdir);
  for (const path of keysOf(before.deps, now.deps))
    add("dependency", path, before.deps[path], now.deps[path]);
  for (const file of keysOf(before.params, now.params)) {
    const [old, current] = [before.params[file] ?? {}, now.params[file] ?? {}];
    for (const key of keysOf(old, current))
      add("parameter", `${key} in ${file}`, textOf(old, key), textOf(current, key));
  }
  add("environment", "", before.environment ?? undefined, now.environment ?? undefined);
  add("image", "", before.image, now.image);
  add("platform", "", before.platform, now.platform);
  add("interpreter", "", before.interpreter, now.interpreter);
  add("outs", "", before.outs.join("\n"), now.outs.join("\n"));
  add("secrets", "", before.secrets?.join(", "), now.secrets?.join(", "));
  return differences;
}

/** One sentence that names what differed, the first three in full. */
export function describeDifferences(differences: readonly Difference[]): string {
  const named = differences.slice(0, 3).map(describeDifference);
  const more = differences.length - named.length;
  if (more > 0) named.push(`${more} more ${more === 1 ? "part differs" : "parts differ"}`);
  return `${[named.slice(0, -1).join(", "), named.at(-1)].filter((text) => text !== "").join(" and ")}.`.replace(
    /^./,
    (letter) => letter.toUpperCase(),
  );
}

function describeDifference({ part, name, before, now }: Difference): string {
  switch (part) {
    case "command":
      return "the command changed";
    case "wdir":
      return `the folder it runs in changed from ${before} to ${now}`;
    case "environment":
      return "the Python environment changed";
    case "image":
      return `the image changed from ${before ?? "none"} to ${now ?? "none"}`;
    case "platform":
      return `the platform changed from ${before ?? "this machine's"} to ${now ?? "this machine's"}`;
    case "interpreter":
      return `the Python where it runs changed from ${before ?? "this machine's"} to ${now ?? "this machine's"}`;
    case "outs":
      return "the list of outs changed";
    case "secrets":
      return `the names of its secrets changed from ${before ?? "none"} to ${now ?? "none"}`;
    case "dependency":
      if (before === null) return `it now depends on ${name} too`;
      return now === null ? `it no longer depends on ${name}` : `the dependency ${name} changed`;
    case "parameter":
      if (before === null) return `it now depends on the parameter ${name} too`;
      return now === null
        ? `it no longer depends on the parameter ${name}`
        : `the parameter ${name} changed from ${before} to ${now}`;
  }
}

function keysOf(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
}

function textOf(values: Readonly<Record<string, unknown>>, key: string): string | undefined {
  return Object.hasOwn(values, key) ? canonicalJson(values[key]) : undefined;
}
