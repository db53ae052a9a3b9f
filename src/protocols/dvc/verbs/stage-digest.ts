import { createHash } from "node:crypto";

import { writePythonJson } from "../formats/python-json.ts";
import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import type { YamlMapping, YamlValue } from "../formats/yaml-value.ts";
import { isImport } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";

/**
 * The digest that a `.dvc` file with a command or a source keeps of itself; data that was added has none.
 */
export function stageDigest(stage: TrackedStage): string | undefined {
  if (stage.cmd === undefined && !isImport(stage)) return undefined;
  return digestOfStage(stage.raw);
}

/** MD5 of a `.dvc` file's JSON without what does not make it another stage. */
export function digestOfStage(raw: YamlMapping): string {
  const { md5: _md5, meta: _meta, desc: _desc, wdir, ...rest } = raw;
  const kept = wdir === undefined || wdir === "." ? rest : { ...rest, wdir };
  return createHash("md5")
    .update(writePythonJson(without(kept, ignored)))
    .digest("hex");
}

const ignored = new Set([
  "desc",
  "type",
  "labels",
  "meta",
  "locked",
  "frozen",
  "metric",
  "persist",
  "isexec",
  "size",
  "nfiles",
]);

/** A value without some keys, at every depth. */
export function without(value: YamlValue, keys: ReadonlySet<string>): YamlValue {
  if (isYamlList(value)) return value.map((item) => without(item, keys));
  if (!isYamlMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !keys.has(key))
      .map(([key, member]) => [key, without(member, keys)]),
  );
}
