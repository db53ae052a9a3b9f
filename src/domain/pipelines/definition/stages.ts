import type { SourcePosition } from "#kernel/errors";

import { interpolate, interpolateCommand, interpolateValue } from "./interpolation.ts";
import type { Scope } from "./interpolation.ts";
import { overlap, projectPath } from "./paths.ts";
import { loadVariables } from "./scope.ts";
import type { ProjectFiles, Variables } from "./scope.ts";
import { booleanAt, itemsAt, mappingAt, onlyEntry, refuseUnknownKeys, scalarAt, textAt } from "./shape.ts";
import { invalidAt } from "./source.ts";
import type { Site } from "./source.ts";
import { isList, isMapping, kindOf, toJson, toText } from "./values.ts";

/** A path a stage produces. */
export interface StageOut {
  /** From the project's root. */
  readonly path: string;
  readonly kind: "out" | "metrics" | "plots";
  /** False: meant for the repository rather than a cache. We keep its bytes either way. */
  readonly cache: boolean;
  /** True: the stage goes on from what the last run of it left there, instead of starting empty. */
  readonly persist: boolean;
  /** The other flags as written: how a plot is drawn, a description, labels. */
  readonly annotations: Readonly<Record<string, unknown>>;
}

/** Parameters a stage depends on: some keys of a file, or all of it. */
export interface StageParameters {
  readonly file: string;
  readonly keys: readonly string[] | null;
}

/** One stage, resolved: no templates, no `${…}`, every path from the project's root. */
export interface Stage {
  /** Such as `prepare`, or `train@small` when a template made it. */
  readonly name: string;
  /** Run one after the other, each by a shell of its own; the first that fails fails the stage. */
  readonly commands: readonly string[];
  /** The same as the file has it, resolved: what `dvc.lock` keeps. */
  readonly cmd: string | readonly string[];
  /** The folder the commands run in; `.` is the root. */
  readonly wdir: string;
  readonly deps: readonly string[];
  readonly params: readonly StageParameters[];
  readonly outs: readonly StageOut[];
  readonly frozen: boolean;
  readonly alwaysChanged: boolean;
  readonly description: string | null;
  readonly meta: unknown;
  /** From `meta.timeout`; null for the executor's default. */
  readonly timeoutMs: number | null;
  readonly position: SourcePosition;
}

const stageKeys = [
  "cmd",
  "wdir",
  "deps",
  "params",
  "outs",
  "metrics",
  "plots",
  "vars",
  "frozen",
  "always_changed",
  "desc",
  "meta",
] as const;
export const templateKeys = [...stageKeys, "matrix"] as const;

/** Resolves one stage. `folder` is that of the pipeline file; `site` holds the stage or its template. */
export async function resolveStage(
  name: string,
  site: Site,
  variables: Variables,
  folder: string,
  files: ProjectFiles,
): Promise<Stage> {
  const definition = mappingAt(site, "a stage with cmd, deps and outs");
  refuseUnknownKeys(site, definition, templateKeys);
  if (definition["cmd"] === undefined) {
    throw invalidAt(
      site,
      `The stage "${name}" has no cmd.`,
      "Add cmd: with the command that makes its outs.",
    );
  }
  const wdir = readWdir(site.at("wdir"), variables, folder);
  const scope = await loadVariables(variables, site.at("vars"), wdir, files);
  const cmd = readCmd(site.at("cmd"), scope);
  const meta = interpolateValue(definition["meta"] ?? null, scope, site.at("meta"));
  const stage: Stage = {
    name,
    commands: splitCommands(cmd, site.at("cmd")),
    cmd,
    wdir,
    deps: itemsAt(site.at("deps"), "a list of paths").map((item) => readPath(item, scope, wdir)),
    params: readParameters(site.at("params"), scope, wdir),
    outs: [
      ...readOuts(site.at("outs"), "out", scope, wdir),
      ...readOuts(site.at("metrics"), "metrics", scope, wdir),
      ...readOuts(site.at("plots"), "plots", scope, wdir),
    ],
    frozen: booleanAt(site.at("frozen"), false),
    alwaysChanged: booleanAt(site.at("always_changed"), false),
    description:
      definition["desc"] === undefined
        ? null
        : interpolate(textAt(site.at("desc"), "a text"), scope, site.at("desc")),
    meta: toJson(meta),
    timeoutMs:
      isMapping(meta) && meta["timeout"] !== undefined
        ? readDuration(meta["timeout"], site.at("meta").at("timeout"))
        : null,
    position: site.position,
  };
  refuseOwnOverlaps(stage, site);
  return stage;
}

function readWdir(site: Site, scope: Scope, folder: string): string {
  if (site.value === undefined || site.value === null) return folder;
  return projectPath(interpolate(textAt(site, "a folder of the project"), scope, site), folder, site);
}

function readCmd(site: Site, scope: Scope): string | readonly string[] {
  return isList(site.value)
    ? itemsAt(site, "a list of commands").map((item) => readCommand(item, scope))
    : readCommand(site, scope);
}

/** A list entry is one command; a text of several lines is one for each, where a final `\` joins two. */
function splitCommands(cmd: string | readonly string[], site: Site): readonly string[] {
  const commands = typeof cmd === "string" ? cmd.replaceAll(/\\\r?\n/g, "").split(/\r?\n/) : cmd;
  const filled = commands.map((command) => command.trim()).filter((command) => command !== "");
  if (filled.length === 0)
    throw invalidAt(site, `${site.name} holds no command.`, "Expected a command, or a list of them.");
  return filled;
}

function readCommand(site: Site, scope: Scope): string {
  return interpolateCommand(toText(scalarAt(site, "a command")), scope, site);
}

function readPath(site: Site, scope: Scope, wdir: string): string {
  return projectPath(interpolate(textAt(site, "a path"), scope, site), wdir, site, scope.outside);
}

/** `key` of params.yaml, or `file: [keys]`, or `file:` for the whole of it; one entry a file. */
function readParameters(site: Site, scope: Scope, wdir: string): readonly StageParameters[] {
  const keysByFile = new Map<string, readonly string[] | null>();
  const add = (file: string, keys: readonly string[] | null): void => {
    const already = keysByFile.get(file);
    const all = keys === null || already === null;
    keysByFile.set(file, all ? null : [...new Set([...(already ?? []), ...keys])].toSorted());
  };
  for (const item of itemsAt(site, "a list of parameter names and files")) {
    if (!isMapping(item.value)) {
      add(projectPath("params.yaml", wdir, item), [
        interpolate(toText(scalarAt(item, "a parameter")), scope, item),
      ]);
      continue;
    }
    for (const file of Object.keys(item.value)) {
      const path = projectPath(interpolate(file, scope, item), wdir, item, scope.outside);
      const keys = item.at(file);
      const names = itemsAt(keys, "a list of keys, or nothing for the whole file");
      const whole = keys.value === null || names.length === 0;
      add(path, whole ? null : names.map((key) => interpolate(toText(scalarAt(key, "a key")), scope, key)));
    }
  }
  return [...keysByFile].map(([file, keys]) => ({ file, keys }));
}

const outKeys = ["cache", "persist", "checkpoint", "remote", "push", "desc", "type", "labels", "meta"];
const plotKeys = [...outKeys, "template", "x", "y", "x_label", "y_label", "title", "header"];

function readOuts(site: Site, kind: StageOut["kind"], scope: Scope, wdir: string): readonly StageOut[] {
  return itemsAt(site, "a list of paths").map((item) => {
    if (!isMapping(item.value)) {
      return {
        path: readPath(item, scope, wdir),
        kind,
        cache: true,
        persist: false,
        annotations: {},
      };
    }
    const [path] = onlyEntry(item, item.value, "one path with its flags");
    const target = projectPath(interpolate(path, scope, item), wdir, item, scope.outside);
    return readFlags(item.at(path), target, kind, scope);
  });
}

function readFlags(site: Site, path: string, kind: StageOut["kind"], scope: Scope): StageOut {
  // A list of flag sets draws a plots file several times; the first says how it is kept.
  const first = kind === "plots" && isList(site.value) ? site.at(0) : site;
  const flags = mappingAt(first, "flags such as cache: false");
  refuseUnknownKeys(first, flags, kind === "plots" ? plotKeys : outKeys);
  const { cache: _cache, persist: _persist, ...others } = flags;
  const annotations = Object.entries(others).map(([key, value]) => [
    key,
    toJson(interpolateValue(value, scope, first.at(key))),
  ]);
  return {
    path,
    kind,
    cache: booleanAt(first.at("cache"), true),
    persist: booleanAt(first.at("persist"), false),
    annotations: Object.fromEntries(annotations),
  };
}

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90` and `90s` are seconds; also `30m`, `2h`, `1d`. */
function readDuration(value: unknown, site: Site): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(String(value).trim());
  const durationMs =
    match === null ? Number.NaN : Number(match[1]) * (unitsMs[match[2] ?? "s"] ?? Number.NaN);
  if (durationMs > 0) return durationMs;
  throw invalidAt(
    site,
    `${site.name} is ${kindOf(site.value)}.`,
    "Expected a duration above zero, such as 90s, 30m or 2h.",
  );
}

function refuseOwnOverlaps(stage: Stage, site: Site): void {
  for (const [index, out] of stage.outs.entries()) {
    const twice = stage.outs.slice(index + 1).find((other) => overlap(other.path, out.path));
    if (twice !== undefined) {
      throw invalidAt(
        site,
        `The stage "${stage.name}" produces ${out.path} and ${twice.path}, which overlap.`,
        "Name each path once.",
      );
    }
    if (stage.deps.some((dep) => overlap(dep, out.path))) {
      throw invalidAt(
        site,
        `The stage "${stage.name}" both depends on and produces ${out.path}.`,
        "Write the result to another path; to go on from the last result, use persist: true and no dependency.",
      );
    }
  }
}
