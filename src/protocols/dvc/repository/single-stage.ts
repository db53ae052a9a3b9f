import { posix } from "node:path";

import { readDvcFile } from "../formats/dvc-file.ts";
import { readEntries } from "../formats/entries.ts";
import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import type { YamlMapping } from "../formats/yaml-value.ts";
import { commandOf, resolvePath, trackedPath } from "./stages.ts";
import type { TrackedOut, TrackedStage } from "./stages.ts";

/** Reads a `.dvc` file: data that was added or imported, or a single stage of the time before `dvc.yaml`. */
export function readSingleStage(file: string, text: string): TrackedStage {
  const raw = readDvcFile(file, text);
  const folder = posix.dirname(file);
  const wdir = typeof raw["wdir"] === "string" ? resolvePath(folder, raw["wdir"]) : folder;
  const parameters = (isYamlList(raw["deps"]) ? raw["deps"] : []).filter(
    (item): item is YamlMapping => isYamlMapping(item) && item["params"] !== undefined,
  );
  const paths = isYamlList(raw["deps"])
    ? raw["deps"].filter((item) => !(isYamlMapping(item) && item["params"] !== undefined))
    : null;
  const cmd = commandOf(raw["cmd"]);
  return {
    file,
    name: undefined,
    wdir,
    cmd,
    lockedCmd: cmd,
    dependencies: readEntries(file, paths).map((entry) => trackedPath(entry, wdir, entry.path)),
    parameters: parameters.map((item) => {
      const written = typeof item["path"] === "string" ? item["path"] : "params.yaml";
      const values = item["params"];
      return {
        file: resolvePath(wdir, written),
        written,
        keys: isYamlMapping(values) ? Object.keys(values) : [],
        locked: isYamlMapping(values) ? values : undefined,
      };
    }),
    outs: readEntries(file, raw["outs"]).map((entry): TrackedOut => {
      const { raw: out } = entry;
      return {
        ...trackedPath(entry, wdir, entry.path),
        kind: isSet(out["metric"]) ? "metrics" : isSet(out["plot"]) ? "plots" : "out",
        isCached: out["cache"] !== false,
        persists: out["persist"] === true,
        isPushed: out["push"] !== false,
        remote: typeof out["remote"] === "string" ? out["remote"] : undefined,
        annotations: {},
      };
    }),
    isFrozen: raw["frozen"] === true || raw["locked"] === true,
    alwaysChanged: raw["always_changed"] === true,
    md5: typeof raw["md5"] === "string" ? raw["md5"] : undefined,
    raw,
    position: { file, line: 1, column: 1 },
  };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && value !== null;
}
