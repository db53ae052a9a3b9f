import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { writePythonJson } from "../formats/python-json.ts";
import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import { readYaml } from "../formats/yaml-reader.ts";
import type { YamlMapping } from "../formats/yaml-value.ts";
import { writeYaml } from "../formats/yaml-writer.ts";
import { isCallback } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";
import { isRemoteAddress } from "../verbs/changes.ts";
import { without } from "../verbs/stage-digest.ts";

/**
 * DVC's memory of runs, `.dvc/cache/runs/ab/<key>/<value>`: the key is the SHA-256 of what a stage reads
 * and where it writes, the value that of the whole entry, the content the entry. DVC does not ask in which
 * environment a run was made; we keep that beside, in a folder that DVC does not look into.
 */
export interface RunCache {
  /** The newest run of a stage with these inputs, among those of an environment; DVC's own name none. */
  find(key: string, environment: string): YamlMapping | undefined;
  save(key: string, entry: YamlMapping, environment: string): void;
  /** The environment an entry was made in, when it was made by us. */
  environmentOf(key: string, entry: YamlMapping): string | undefined;
}

export function openRunCache(cacheFolder: string): RunCache {
  const folderOf = (key: string): string => join(cacheFolder, "runs", key.slice(0, 2), key);
  const besideOf = (key: string, value: string): string => join(cacheFolder, "gyre-environments", key, value);
  const readBeside = (key: string, value: string): string | undefined => {
    const place = besideOf(key, value);
    return existsSync(place) ? readFileSync(place, "utf8").trim() : undefined;
  };
  return {
    find(key, environment) {
      const folder = folderOf(key);
      const newestFirst = readNames(folder)
        .map((name) => ({ name, changedMs: statSync(join(folder, name)).mtimeMs }))
        .toSorted((a, b) => b.changedMs - a.changedMs);
      for (const { name } of newestFirst) {
        const madeIn = readBeside(key, name);
        if (madeIn !== undefined && madeIn !== environment) continue;
        const entry = readEntry(join(folder, name));
        if (entry !== undefined) return entry;
      }
      return undefined;
    },
    save(key, entry, environment) {
      const value = digestOf(entry);
      const folder = folderOf(key);
      if (!existsSync(join(folder, value))) {
        mkdirSync(folder, { recursive: true });
        writeWhole(join(folder, value), writeYaml(entry));
      }
      mkdirSync(join(cacheFolder, "gyre-environments", key), { recursive: true });
      writeWhole(besideOf(key, value), `${environment}\n`);
    },
    environmentOf: (key, entry) => readBeside(key, digestOf(entry)),
  };
}

/** The key of a stage with what it reads; undefined for a stage whose runs are not remembered. */
export function runKey(stage: TrackedStage, entry: YamlMapping): string | undefined {
  if (!isRemembered(stage)) return undefined;
  const outs = isYamlList(entry["outs"]) ? entry["outs"] : [];
  const paths = outs.map((out) => (isYamlMapping(out) ? (out["path"] ?? null) : null));
  return digestOf({ ...entry, outs: paths });
}

function isRemembered(stage: TrackedStage): boolean {
  if (isCallback(stage) || stage.alwaysChanged || stage.cmd === undefined) return false;
  if (stage.dependencies.length + stage.parameters.length === 0 || stage.outs.length === 0) return false;
  return (
    stage.dependencies.every(({ path }) => !isRemoteAddress(path)) &&
    stage.outs.every(({ path, persists }) => !persists && !isOutside(path))
  );
}

function isOutside(path: string): boolean {
  return path.startsWith("/") || path.startsWith("../") || isRemoteAddress(path);
}

function digestOf(entry: YamlMapping): string {
  return createHash("sha256")
    .update(writePythonJson(without(entry, new Set(["size", "nfiles"]))))
    .digest("hex");
}

/** A file that cannot be read is no run: it goes, as in DVC. */
function readEntry(place: string): YamlMapping | undefined {
  try {
    const entry = readYaml(place, readFileSync(place, "utf8"));
    if (entry["cmd"] !== undefined) return entry;
  } catch {
    // Falls through: it is taken away.
  }
  unlinkSync(place);
  return undefined;
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
  } catch {
    return [];
  }
}

function writeWhole(place: string, text: string): void {
  const aside = `${place}.${process.pid}.tmp`;
  writeFileSync(aside, text);
  renameSync(aside, place);
}
