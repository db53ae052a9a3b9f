import { posix } from "node:path";

import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { defaultFlagStyle } from "./command-flags.ts";
import type { FlagStyle } from "./command-flags.ts";
import { expandForeach, expandMatrix } from "./expansion.ts";
import type { Expanded } from "./expansion.ts";
import { interpolate, interpolateValue } from "./interpolation.ts";
import { projectPath } from "./paths.ts";
import type { OutsidePaths } from "./paths.ts";
import { loadDefaultVariables, loadVariables, noVariables } from "./scope.ts";
import type { ProjectFiles, Variables } from "./scope.ts";
import { itemsAt, mappingAt, onlyEntry, refuseUnknownKeys } from "./shape.ts";
import { invalidAt, readYamlSite } from "./source.ts";
import type { Site } from "./source.ts";
import { openTemplate, templateKeys } from "./stages.ts";
import type { Stage } from "./stages.ts";
import { isMapping, kindOf, toJson } from "./values.ts";

/** A pipeline file, resolved. */
export interface Pipeline {
  readonly file: string;
  /** In the order of the file; templates give theirs in place. */
  readonly stages: readonly Stage[];
  /** Files named at the top of the file beside those of stages, from the project's root. */
  readonly params: readonly string[];
  readonly metrics: readonly string[];
  readonly plots: readonly { readonly id: string; readonly settings: unknown }[];
  readonly artifacts: Readonly<Record<string, unknown>>;
}

export interface PipelineSource {
  readonly files: ProjectFiles;
  /** The pipeline file, or `gyre.yaml` when the stages stand in it. */
  readonly file: string;
  /** Where in the file the pipeline stands: `["pipeline"]` in `gyre.yaml`, the top otherwise. */
  readonly at?: readonly string[];
  readonly flags?: FlagStyle;
  /** Whether paths outside of the project are refused, as by default, or kept as they are written. */
  readonly outside?: OutsidePaths;
}

const topKeys = ["stages", "vars", "params", "metrics", "plots", "artifacts", "datasets"];

/**
 * Reads a `dvc.yaml`, or the same grammar written into the project file, and resolves it. Throws
 * `pipeline_missing`, or `pipeline_invalid` with the position of the first thing that is wrong.
 */
export async function readPipeline(source: PipelineSource): Promise<Pipeline> {
  const { files, file, at = [] } = source;
  const text = await files.readText(file);
  if (text === undefined) {
    throw new Problem(problems.pipeline_missing, {
      message: `The pipeline file ${file} does not exist.`,
      data: { file },
    });
  }
  const site = at.reduce<Site>((outer, key) => outer.at(key), readYamlSite(file, text));
  const top = mappingAt(site, "stages, each with cmd, deps and outs");
  const stagesSite = at.length > 0 && !("stages" in top) ? site : site.at("stages");
  if (stagesSite !== site) refuseUnknownKeys(site, top, topKeys);

  const folder = posix.dirname(file);
  const nothing = noVariables(source.flags ?? defaultFlagStyle, source.outside);
  const defaults = await loadDefaultVariables(nothing, folder, files);
  const variables =
    stagesSite === site ? defaults : await loadVariables(defaults, site.at("vars"), folder, files);
  const stages: Stage[] = [];
  for (const name of Object.keys(mappingAt(stagesSite, "a mapping of stage names to stages"))) {
    // Not spread into `push`, which takes no hundred thousand arguments.
    for (const stage of await resolveEntry(name, stagesSite.at(name), variables, folder, files))
      stages.push(stage);
  }
  refuseSameNames(stages, stagesSite);
  const rest = stagesSite === site ? nothingAtTop : readTop(site, variables, folder);
  return { file, stages, ...rest };
}

async function resolveEntry(
  name: string,
  site: Site,
  variables: Variables,
  folder: string,
  files: ProjectFiles,
): Promise<readonly Stage[]> {
  const definition = mappingAt(site, "a stage with cmd, deps and outs");
  if (name.trim() === "") throw invalidAt(site, "A stage has an empty name.", "Give the stage a name.");
  if ("foreach" in definition || "do" in definition) {
    refuseUnknownKeys(site, definition, ["foreach", "do"]);
    for (const key of ["foreach", "do"]) {
      if (!(key in definition))
        throw invalidAt(
          site,
          `The stage "${name}" has no "${key}".`,
          "foreach: names the values, do: the stage to make of each.",
        );
    }
    return await resolveAll(
      name,
      site.at("do"),
      expandForeach(site.at("foreach"), variables),
      variables,
      folder,
      files,
    );
  }
  if ("matrix" in definition) {
    refuseUnknownKeys(site, definition, templateKeys);
    return await resolveAll(name, site, expandMatrix(site.at("matrix"), variables), variables, folder, files);
  }
  return [await openTemplate(site, folder, files).resolve(name, variables)];
}

async function resolveAll(
  name: string,
  template: Site,
  expanded: readonly Expanded[],
  variables: Variables,
  folder: string,
  files: ProjectFiles,
): Promise<readonly Stage[]> {
  const stages: Stage[] = [];
  const opened = openTemplate(template, folder, files);
  for (const { key, variables: inserted } of expanded) {
    // `item` and `key` hide variables of the same name, as in existing files.
    const scope = { ...variables, values: { ...variables.values, ...inserted } };
    stages.push(await opened.resolve(`${name}@${key}`, scope));
  }
  return stages;
}

function refuseSameNames(stages: readonly Stage[], site: Site): void {
  const seen = new Set<string>();
  for (const { name } of stages) {
    if (seen.has(name)) throw invalidAt(site, `Two stages have the name "${name}".`, "Rename one of them.");
    seen.add(name);
  }
}

type Top = Omit<Pipeline, "file" | "stages">;
const nothingAtTop: Top = { params: [], metrics: [], plots: [], artifacts: {} };

function readTop(site: Site, variables: Variables, folder: string): Top {
  return {
    params: itemsAt(site.at("params"), "a list of files").map((item) => topPath(item, variables, folder)),
    metrics: itemsAt(site.at("metrics"), "a list of files").map((item) => topPath(item, variables, folder)),
    plots: readTopPlots(site.at("plots"), variables),
    artifacts: Object.fromEntries(
      Object.keys(mappingAt(site.at("artifacts"), "a mapping of names to artifacts")).map((name) => [
        interpolate(name, variables, site.at("artifacts")),
        readArtifact(site.at("artifacts").at(name), variables),
      ]),
    ),
  };
}

function topPath(site: Site, variables: Variables, folder: string): string {
  const value = interpolateValue(site.value ?? null, variables, site);
  if (typeof value === "string") return projectPath(value, folder, site);
  throw invalidAt(site, `${site.name} is ${kindOf(value)}.`, "Expected a path.");
}

const plotKeys = ["x", "y", "x_label", "y_label", "title", "template"];

function readTopPlots(site: Site, variables: Variables): Top["plots"] {
  if (isMapping(site.value))
    throw invalidAt(site, `${site.name} is a mapping.`, "Expected a list of files and plots.");
  return itemsAt(site, "a list of files and plots").map((item) => {
    if (!isMapping(item.value))
      return {
        id: String(toJson(interpolateValue(item.value ?? null, variables, item))),
        settings: {},
      };
    const [id] = onlyEntry(item, item.value, "one plot with its settings");
    refuseUnknownKeys(item.at(id), mappingAt(item.at(id), "x, y and labels"), plotKeys);
    return {
      id: interpolate(id, variables, item),
      settings: toJson(interpolateValue(item.at(id).value ?? {}, variables, item.at(id))),
    };
  });
}

const artifactKeys = ["path", "type", "desc", "labels", "meta"];

function readArtifact(site: Site, variables: Variables): unknown {
  const artifact = mappingAt(site, "path, type and desc");
  refuseUnknownKeys(site, artifact, artifactKeys);
  if (artifact["path"] === undefined)
    throw invalidAt(site, `${site.name} has no path.`, "Add path: with the file it is.");
  return toJson(interpolateValue(artifact, variables, site));
}
