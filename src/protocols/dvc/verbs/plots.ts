import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join, posix, resolve } from "node:path";

import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import type { YamlMapping, YamlValue } from "../formats/yaml-value.ts";
import { placeOf } from "../repository/repository.ts";
import type { Session } from "../session.ts";
import { isMapping } from "../formats/json-guards.ts";
import { openSnapshot } from "./measures.ts";
import { expandFolder, readTracked } from "./tracked-files.ts";
import type { Snapshot } from "./tracked-files.ts";
import { readPoints } from "../plots/points.ts";
import { plotPage } from "../plots/page.ts";
import { plotSpec } from "../plots/specs.ts";

export { plotTemplates } from "../plots/specs.ts";
import type { PlotPoint, PlotSettings } from "../plots/specs.ts";

export interface PlotsOptions {
  readonly targets: readonly string[];
  /** In this order; undefined for the work tree. */
  readonly revisions: readonly (string | undefined)[];
  /** What the command line says of every plot. */
  readonly settings: PlotSettings;
}

/** One plot of one or more revisions, drawn as Vega-Lite, or a picture. */
export interface Plot {
  readonly id: string;
  readonly revisions: readonly string[];
  readonly spec: Readonly<Record<string, unknown>> | undefined;
  readonly images: readonly { readonly revision: string; readonly address: string }[];
}

interface Definition {
  readonly id: string;
  /** Files with the fields to draw of each; null for the last one. */
  readonly files: readonly { readonly path: string; readonly fields: readonly string[] | null }[];
  readonly settings: PlotSettings;
}

/** Reads what the pipelines declare as plots and draws each; files that cannot be read are told and left out. */
export async function drawPlots(session: Session, options: PlotsOptions): Promise<readonly Plot[]> {
  const drawn = new Map<
    string,
    { definition: Definition; points: PlotPoint[]; images: Plot["images"][number][]; revisions: Set<string> }
  >();
  for (const revision of options.revisions) {
    const snapshot = await openSnapshot(session, revision);
    const name = revision ?? "workspace";
    for (const definition of definitionsOf(session, snapshot, options)) {
      const known = drawn.get(definition.id) ?? {
        definition,
        points: [],
        images: [],
        revisions: new Set<string>(),
      };
      drawn.set(definition.id, known);
      for (const { path, fields } of definition.files) {
        const image = imageOf(session, snapshot, path);
        if (image !== undefined) known.images.push({ revision: name, address: image });
        else known.points.push(...pointsOf(session, snapshot, path, fields, name, definition.settings));
        known.revisions.add(name);
      }
    }
  }
  const filled = [...drawn.values()].filter(({ points, images }) => points.length + images.length > 0);
  return filled.map(({ definition, points, images, revisions }) => ({
    id: definition.id,
    revisions: [...revisions],
    spec: images.length > 0 ? undefined : plotSpec(definition.id, points, definition.settings),
    images,
  }));
}

/** Writes a page with the plots into a folder; returns the page. */
export function writePlots(session: Session, plots: readonly Plot[], folder: string): string {
  const place = resolve(session.repository.here, folder);
  mkdirSync(place, { recursive: true });
  const page = join(place, "index.html");
  writeFileSync(page, plotPage(plots));
  return page;
}

function definitionsOf(
  session: Session,
  snapshot: Snapshot,
  { targets, settings }: PlotsOptions,
): readonly Definition[] {
  const definitions: Definition[] = [];
  for (const pipeline of snapshot.project.pipelines) {
    const folder = posix.dirname(pipeline.file);
    for (const { id, settings: declared } of pipeline.plots)
      definitions.push(topLevel(folder, id, isMapping(declared) ? declared : {}, settings));
  }
  for (const { outs } of snapshot.project.stages) {
    for (const out of outs.filter(({ kind }) => kind === "plots")) {
      const own = { ...settingsOf(out.annotations), ...settings };
      const y = textOf(out.annotations["y"]);
      definitions.push({
        id: out.path,
        files: [{ path: out.path, fields: y === undefined ? null : [y] }],
        settings: own,
      });
    }
  }
  const expanded = definitions.flatMap((definition) => expand(session, snapshot, definition));
  const distinct = [...new Map(expanded.map((one) => [one.id, one])).values()];
  if (targets.length === 0) return distinct;
  return targets.flatMap((target) => {
    const named = distinct.filter(({ id }) => id === target || id.startsWith(`${target}/`));
    return named.length > 0
      ? named
      : expand(session, snapshot, { id: target, files: [{ path: target, fields: null }], settings });
  });
}

function topLevel(
  folder: string,
  id: string,
  declared: Readonly<Record<string, unknown>>,
  settings: PlotSettings,
): Definition {
  const { y } = declared;
  const own = { ...settingsOf(declared), ...settings };
  const at = (path: string): string => posix.normalize(posix.join(folder, path));
  if (isMapping(y)) {
    const files = Object.entries(y).map(([path, fields]) => ({ path: at(path), fields: textsOf(fields) }));
    return { id, files, settings: own };
  }
  return { id, files: [{ path: at(id), fields: y === undefined ? null : textsOf(y) }], settings: own };
}

function expand(session: Session, snapshot: Snapshot, definition: Definition): readonly Definition[] {
  const [only, second] = definition.files;
  if (only === undefined || second !== undefined || only.path !== definition.id) return [definition];
  return expandFolder(session, snapshot, only.path).map((path) => ({
    ...definition,
    id: path,
    files: [{ path, fields: only.fields }],
  }));
}

function pointsOf(
  session: Session,
  snapshot: Snapshot,
  path: string,
  fields: readonly string[] | null,
  revision: string,
  settings: PlotSettings,
): readonly PlotPoint[] {
  const text = readTracked(session, snapshot, path);
  if (text === undefined) {
    session.voice.warn(`'${path}' was not found at: '${revision}'. It will not be plotted.`);
    return [];
  }
  const rows = readRows(session, path, text, settings);
  const last = Object.keys(rows[0] ?? {}).at(-1);
  const wanted = fields ?? (last === undefined ? [] : [last]);
  return rows.flatMap((row, step) =>
    wanted.flatMap((field): PlotPoint[] => {
      const y = row[field];
      if (y === undefined) return [];
      const x = settings.x === undefined ? step : row[settings.x];
      return [{ row: plain(row), x: plainValue(x ?? step), y: plainValue(y), field, file: path, revision }];
    }),
  );
}

function readRows(
  session: Session,
  path: string,
  text: string,
  { header = true }: PlotSettings,
): readonly YamlMapping[] {
  try {
    return readPoints(path, text, header);
  } catch (error) {
    session.voice.warn(
      `'${path}' is no plots file: ${error instanceof Error ? error.message : String(error)} It will not be plotted.`,
    );
    return [];
  }
}

const imageTypes: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".svg": "image/svg+xml",
};

function imageOf(
  { repository, cache }: Session,
  { tree, project }: Snapshot,
  path: string,
): string | undefined {
  const type = imageTypes[extname(path).toLowerCase()];
  if (type === undefined) return undefined;
  const address = (bytes: Buffer): string => `data:${type};base64,${bytes.toString("base64")}`;
  try {
    if (tree.revision === undefined) return address(readFileSync(placeOf(repository, path)));
  } catch {
    // It may still be in the cache.
  }
  for (const { outs } of project.stages) {
    const out = outs.find((one) => one.path === path || path.startsWith(`${one.path}/`));
    if (out?.digest === undefined || !out.isCached) continue;
    const md5 =
      out.path === path
        ? out.digest.md5
        : cache.listing(out.digest)?.find((file) => `${out.path}/${file.path}` === path)?.md5;
    const digest = md5 === undefined ? undefined : { md5, isLegacy: out.digest.isLegacy };
    if (digest !== undefined && cache.has(digest)) return address(cache.read(digest));
  }
  return undefined;
}

function settingsOf(values: Readonly<Record<string, unknown>>): PlotSettings {
  const settings: PlotSettings = {
    template: textOf(values["template"]),
    x: textOf(values["x"]) ?? firstOf(values["x"]),
    xLabel: textOf(values["x_label"]),
    yLabel: textOf(values["y_label"]),
    title: textOf(values["title"]),
    header: typeof values["header"] === "boolean" ? values["header"] : undefined,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function firstOf(value: unknown): string | undefined {
  return isMapping(value) ? textOf(Object.values(value)[0]) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function textsOf(value: unknown): readonly string[] | null {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : null;
}

function plain(row: YamlMapping): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plainValue(value)]));
}

function plainValue(value: YamlValue): unknown {
  if (typeof value === "bigint") return Number(value);
  if (isYamlList(value)) return value.map(plainValue);
  return isYamlMapping(value) ? plain(value) : value;
}
