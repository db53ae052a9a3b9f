import { isMap, isNode, isScalar } from "yaml";

import { hasComments, openCommented } from "./commented.ts";
import { invalidFile } from "./invalid-file.ts";
import { isYamlMapping } from "./yaml-value.ts";
import { readYaml } from "./yaml-reader.ts";
import type { YamlMapping } from "./yaml-value.ts";
import { writeEntry } from "./yaml-writer.ts";

/** A `dvc.lock`: what the last run of each stage read and made. */
export interface LockFile {
  readonly file: string;
  /** Entries by the name of the stage, in the order of the file. */
  readonly stages: ReadonlyMap<string, YamlMapping>;
  /** Everything else at the top: the schema, data sets. */
  readonly rest: YamlMapping;
  readonly text: string;
}

/** Reads a lock file of schema 2.0; undefined where there is none. Throws `dvc_file_invalid`. */
export function readLockFile(file: string, text: string | undefined): LockFile {
  if (text === undefined || text.trim() === "") return { file, stages: new Map(), rest: {}, text: "" };
  const { stages = {}, ...rest } = readYaml(file, text, { keepsNumbers: true });
  if (rest["schema"] !== "2.0") throw invalidFile(file, 'its schema is not "2.0"');
  if (stages !== null && !isYamlMapping(stages)) throw invalidFile(file, '"stages" is no mapping');
  const entries = new Map<string, YamlMapping>();
  for (const [name, entry] of Object.entries(stages ?? {})) {
    if (!isYamlMapping(entry)) throw invalidFile(file, `the stage "${name}" is no mapping`);
    entries.set(name, entry);
  }
  return { file, stages: entries, rest, text };
}

/**
 * The text of a lock file with some entries replaced, new ones at the end in the order given. A file that
 * somebody has put comments into keeps them.
 */
export function writeLockFile(lock: LockFile, changed: ReadonlyMap<string, YamlMapping>): string {
  if (hasComments(lock.text)) return editCommented(lock.text, changed);
  const rest = lock.text === "" ? { schema: "2.0" } : lock.rest;
  const keys = lock.text === "" ? [] : topKeys(lock.text);
  // The keys stay where they stood; a new file begins with its schema.
  const ordered = new Set([...keys, ...Object.keys(rest), "stages"]);
  const stages = new Map([...lock.stages, ...changed]);
  return [...ordered]
    .map((key) => (key === "stages" ? stagesText(stages) : writeEntry(key, rest[key] ?? null, 0)))
    .join("");
}

function stagesText(stages: ReadonlyMap<string, YamlMapping>): string {
  if (stages.size === 0) return "stages: {}\n";
  return `stages:\n${[...stages].map(([name, entry]) => blockOf(name, entry)).join("")}`;
}

// A pipeline of a thousand stages writes its lock file a thousand times: only what is new is put into text.
const blocks = new WeakMap<YamlMapping, string>();

function blockOf(name: string, entry: YamlMapping): string {
  let text = blocks.get(entry);
  if (text === undefined) {
    text = writeEntry(name, entry, 2);
    blocks.set(entry, text);
  }
  return text;
}

function topKeys(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => /^([A-Za-z_]\w*):/.exec(line)?.[1] ?? []);
}

function editCommented(text: string, changed: ReadonlyMap<string, YamlMapping>): string {
  return [...changed].reduce(
    (edited, [name, entry]) => replaceStage(edited, name, writeEntry(name, entry, 2)),
    text,
  );
}

/** Only the lines of one stage change; everything around them stays as somebody wrote it. */
function replaceStage(text: string, name: string, block: string): string {
  const stages = openCommented(text).getIn(["stages"]);
  if (!isMap(stages)) return `${text.trimEnd()}\nstages:\n${block}`;
  const pair = stages.items.find(({ key }) => isScalar(key) && String(key.value) === name);
  const last = stages.items.at(-1);
  const replaced = pair ?? last;
  const [keyStart, valueEnd] = [rangeOf(replaced?.key)?.[0], rangeOf(replaced?.value)?.[1]];
  if (keyStart === undefined || valueEnd === undefined) return `${text.trimEnd()}\n${block}`;
  const lineStart = text.lastIndexOf("\n", keyStart - 1) + 1;
  const end = text.slice(0, valueEnd).trimEnd().length;
  if (pair !== undefined) return `${text.slice(0, lineStart)}${block.trimEnd()}${text.slice(end)}`;
  const lineEnd = text.indexOf("\n", end);
  return lineEnd < 0
    ? `${text}\n${block}`
    : `${text.slice(0, lineEnd + 1)}${block}${text.slice(lineEnd + 1)}`;
}

function rangeOf(node: unknown): readonly number[] | undefined {
  return isNode(node) && node.range !== null && node.range !== undefined ? node.range : undefined;
}
