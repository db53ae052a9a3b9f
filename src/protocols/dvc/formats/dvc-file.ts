import { closeCommented, hasComments, nodeOf, openCommented } from "./commented.ts";
import { isYamlList, isYamlMapping } from "./yaml-value.ts";
import { readYaml } from "./yaml-reader.ts";
import type { YamlMapping, YamlValue } from "./yaml-value.ts";
import { writeYaml } from "./yaml-writer.ts";

/** Reads a `.dvc` file, which may be written again: numbers keep their form. */
export function readDvcFile(file: string, text: string): YamlMapping {
  return readYaml(file, text, { keepsNumbers: true });
}

/**
 * The text of a `.dvc` file that says `wanted`. Keys that were there stay where they stood, as in DVC, and
 * so do comments; new keys go to the end.
 */
export function writeDvcFile(file: string, before: string | undefined, wanted: YamlMapping): string {
  if (before === undefined) return writeYaml(wanted);
  const merged = mergeValue(readDvcFile(file, before), wanted);
  if (!isYamlMapping(merged)) return writeYaml(wanted);
  if (!hasComments(before)) return writeYaml(merged);
  const document = openCommented(before);
  setAll(document, [], readDvcFile(file, before), merged);
  return closeCommented(document);
}

/** `after` in the order of `before`, at every depth. */
function mergeValue(before: YamlValue | undefined, after: YamlValue): YamlValue {
  if (isYamlMapping(before) && isYamlMapping(after)) {
    const kept = Object.keys(before).filter((key) => key in after);
    const keys = [...new Set([...kept, ...Object.keys(after)])];
    return Object.fromEntries(keys.map((key) => [key, mergeValue(before[key], after[key] ?? null)]));
  }
  if (isYamlList(before) && isYamlList(after) && before.length === after.length)
    return after.map((item, index) => mergeValue(before[index], item));
  return after;
}

function setAll(
  document: ReturnType<typeof openCommented>,
  path: readonly (string | number)[],
  before: YamlValue | undefined,
  after: YamlValue,
): void {
  if (isYamlMapping(before) && isYamlMapping(after)) {
    for (const key of Object.keys(before)) if (!(key in after)) document.deleteIn([...path, key]);
    for (const [key, value] of Object.entries(after)) setAll(document, [...path, key], before[key], value);
  } else if (isYamlList(before) && isYamlList(after) && before.length === after.length) {
    for (const [index, value] of after.entries()) setAll(document, [...path, index], before[index], value);
  } else if (before !== after) document.setIn(path, nodeOf(document, after));
}
