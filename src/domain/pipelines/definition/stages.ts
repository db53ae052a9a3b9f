import type { SourcePosition } from "#kernel/errors";

import { interpolate, interpolateCommand, interpolateValue, mayDiffer } from "./interpolation.ts";
import type { Scope } from "./interpolation.ts";
import { overlap, pathsAsWritten, projectPath } from "./paths.ts";
import { loadVariables } from "./scope.ts";
import type { ProjectFiles, Variables } from "./scope.ts";
import { readSettings } from "./settings.ts";
import type { StageSettings } from "./settings.ts";
import { booleanAt, itemsAt, mappingAt, onlyEntry, refuseUnknownKeys, scalarAt, textAt } from "./shape.ts";
import { invalidAt, withValue } from "./source.ts";
import type { Site } from "./source.ts";
import { isList, isMapping, toJson, toText } from "./values.ts";

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
  /** How the file writes paths that it could write shorter, by path; only where paths outside are kept, as for DVC. */
  readonly writtenPaths?: Readonly<Record<string, string>>;
  readonly frozen: boolean;
  readonly alwaysChanged: boolean;
  readonly description: string | null;
  readonly meta: unknown;
  /** What `meta.gyre` says. */
  readonly settings: StageSettings;
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

/** A stage as it is written, from which one stage or, by `foreach` and `matrix`, many are made. */
export interface StageTemplate {
  resolve(name: string, variables: Variables): Promise<Stage>;
}

/**
 * Takes a stage apart once. A part without `${…}` is read once and is one and the same object in every
 * stage made of it, which makes templates of a hundred thousand stages cheap to resolve and to keep.
 * `folder` is that of the pipeline file; `site` holds the stage or its template.
 */
export function openTemplate(site: Site, folder: string, files: ProjectFiles): StageTemplate {
  const definition = mappingAt(site, "a stage with cmd, deps and outs");
  refuseUnknownKeys(site, definition, templateKeys);
  const isFixed = (...keys: readonly string[]): boolean => keys.every((key) => !mayDiffer(definition[key]));
  const isIn = isFixed("wdir");
  const isFixedCmd = isFixed("cmd");
  const cmd = part(isFixedCmd, ({ scope }) => readCmd(site.at("cmd"), scope));
  const fixedCommands = part(isFixedCmd, (place) => splitCommands(cmd(place), site.at("cmd")));
  const deps = part(isIn && isFixed("deps"), ({ scope, wdir }) =>
    itemsAt(site.at("deps"), "a list of paths").map((item) => readPath(item, scope, wdir)),
  );
  const params = part(isIn && isFixed("params"), ({ scope, wdir }) =>
    readParameters(site.at("params"), scope, wdir),
  );
  const outs = part(isIn && isFixed("outs", "metrics", "plots"), ({ scope, wdir }) => [
    ...readOuts(site.at("outs"), "out", scope, wdir),
    ...readOuts(site.at("metrics"), "metrics", scope, wdir),
    ...readOuts(site.at("plots"), "plots", scope, wdir),
  ]);
  const written = part(isIn && isFixed("deps", "params", "outs", "metrics", "plots"), ({ scope, wdir }) =>
    pathsAsWritten(readTexts(site, scope), wdir),
  );
  const description = part(isFixed("desc"), ({ scope }) =>
    definition["desc"] === undefined
      ? null
      : interpolate(textAt(site.at("desc"), "a text"), scope, site.at("desc")),
  );
  const meta = part(isFixed("meta"), ({ scope }) =>
    interpolateValue(definition["meta"] ?? null, scope, site.at("meta")),
  );
  const metaJson = part(isFixed("meta"), (place) => toJson(meta(place)));
  const settings = part(isIn && isFixed("meta"), (place) => {
    const value = meta(place);
    return readSettings(withValue(site.at("meta"), value).at("gyre"), place.wdir);
  });
  const flags = {
    frozen: booleanAt(site.at("frozen"), false),
    alwaysChanged: booleanAt(site.at("always_changed"), false),
  };
  return {
    async resolve(name, variables) {
      if (definition["cmd"] === undefined) {
        throw invalidAt(
          site,
          `The stage "${name}" has no cmd.`,
          "Add cmd: with the command that makes its outs.",
        );
      }
      const wdir = readWdir(site.at("wdir"), variables, folder);
      const scope =
        definition["vars"] === undefined
          ? variables
          : await loadVariables(variables, site.at("vars"), wdir, files);
      const place = { scope, wdir };
      const command = cmd(place);
      const stage: Stage = {
        name,
        commands: isFixedCmd ? fixedCommands(place) : splitCommands(command, site.at("cmd")),
        cmd: command,
        wdir,
        deps: deps(place),
        params: params(place),
        outs: outs(place),
        ...(scope.outside === "kept" ? { writtenPaths: written(place) } : {}),
        ...flags,
        description: description(place),
        meta: metaJson(place),
        settings: settings(place),
        position: site.position,
      };
      refuseOwnOverlaps(stage, site);
      return stage;
    },
  };
}

interface Place {
  readonly scope: Scope;
  readonly wdir: string;
}

function part<Part>(isFixed: boolean, read: (place: Place) => Part): (place: Place) => Part {
  if (!isFixed) return read;
  let known: { readonly part: Part } | undefined;
  return (place) => (known ??= { part: read(place) }).part;
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
  if (typeof cmd === "string" && !cmd.includes("\n") && cmd.trim() !== "") return [cmd.trim()];
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

/** Every path of a stage as it is written; what is no path is refused where it is read. */
function readTexts(stage: Site, scope: Scope): readonly { readonly text: string; readonly site: Site }[] {
  return ["deps", "params", "outs", "metrics", "plots"].flatMap((key) =>
    itemsAt(stage.at(key), "a list of paths").flatMap((site) => {
      const texts = isMapping(site.value) ? Object.keys(site.value) : key === "params" ? [] : [site.value];
      return texts.flatMap((text) =>
        typeof text === "string" ? { text: interpolate(text, scope, site), site } : [],
      );
    }),
  );
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
    if (stage.settings.checkpoint !== null && overlap(stage.settings.checkpoint, out.path)) {
      throw invalidAt(
        site,
        `The stage "${stage.name}" keeps its checkpoint where it produces ${out.path}.`,
        "Keep the checkpoint in a folder of its own; outs are removed before each attempt.",
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
