import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { z } from "zod";

import type { Answer } from "./programs.ts";
import type { Question } from "./questions.ts";

/** How two answers differ, in a line; undefined when they say the same. */
export function differenceOfAnswers(
  dvc: Answer,
  gyre: Answer,
  { isJson, words }: Question,
): string | undefined {
  if (dvc.code !== gyre.code) {
    return `dvc ends with ${dvc.code}, gyre with ${gyre.code}: ${lastLine(dvc.err)} / ${lastLine(gyre.err)}`;
  }
  if (dvc.code !== 0) return undefined;
  const arePlots = words[0] === "plots";
  if (!isJson) {
    const [left, right] = [dvc.out, gyre.out].map((out) =>
      words[0] === "repro" ? linesOf(out) : inOrder(out),
    );
    if (left === undefined || right === undefined) return undefined;
    return left === right ? undefined : firstDifference(left, right);
  }
  const [left, right] = [readJson(dvc.out), readJson(gyre.out)].map((value) =>
    arePlots ? plotsOf(value) : value,
  );
  return isDeepStrictEqual(left, right) ? undefined : firstDifference(pretty(left), pretty(right));
}

/**
 * Without what is chance in dvc: the files it advises to add come from a Python set, and the graph's nodes in the
 * order in which the file system lists a folder.
 */
function inOrder(text: string): string {
  if (/^(```mermaid\n)?flowchart TD|^strict digraph/.test(text)) return graphOf(text);
  return text.replaceAll(
    /^(\s*git add )(.*)$/gm,
    (_line, words: string, files: string) => words + files.split(" ").toSorted().join(" "),
  );
}

/** Stages that do not need each other come in the order of the file system, too. */
function linesOf(text: string): string {
  return inOrder(text)
    .split("\n")
    .filter((line) => line !== "")
    .toSorted()
    .join("\n");
}

/** A drawing with the names of its nodes instead of their numbers, its lines sorted. */
function graphOf(text: string): string {
  const names = new Map(
    [...text.matchAll(/^\t(node\d+)\["(.*)"\]$/gm)].map(([, id = "", name = ""]) => [id, name]),
  );
  return text
    .split("\n")
    .map((line) =>
      line.replaceAll(/^\tnode\d+|-->node\d+/g, (id) => names.get(id.replace(/^\t|^-->/, "")) ?? id),
    )
    .toSorted()
    .join("\n");
}

const plotsSchema = z.object({
  data: z.record(z.string(), z.array(z.object({ type: z.string() }))).optional(),
});

/** Which plots there are, and of which type. */
function plotsOf(value: unknown): unknown {
  return Object.entries(plotsSchema.parse(value).data ?? {})
    .flatMap(([id, plots]) => [...new Set(plots.map(({ type }) => `${id}: ${type}`))])
    .toSorted();
}

/** Python writes NaN and Infinity, which JSON has not. */
function readJson(text: string): unknown {
  const kept = text.replaceAll(/(?<=[:[,] ?)(NaN|-?Infinity)(?=[,\]}])/g, '"$1"');
  return JSON.parse(kept === "" ? "null" : kept);
}

function pretty(value: unknown): string {
  return JSON.stringify(value, undefined, 1) ?? "nothing";
}

export function firstDifference(dvc: string, gyre: string): string {
  const [left, right] = [dvc.split("\n"), gyre.split("\n")];
  const at = left.findIndex((line, index) => line !== right[index]);
  const line = at < 0 ? left.length : at;
  return `line ${line + 1}: ${JSON.stringify(left[line] ?? null)} / ${JSON.stringify(right[line] ?? null)}`;
}

function lastLine(text: string): string {
  const lines = text.split("\n").filter((line) => /^(ERROR|WARNING|\w*Error)|validation failed/.test(line));
  return (lines.at(-1) ?? text.trim().split("\n").at(-1) ?? "").slice(0, 300);
}

// What each program keeps for itself alone; what one fetched or left for later.
const own = new Set([".git", "dvc_plots", ".dvc/tmp", ".dvc/cache/gyre-environments"]);

/** Every file below a folder with its mode and digest. */
export function stateOf(root: string): ReadonlyMap<string, string> {
  return new Map(listState(root, ""));
}

function listState(root: string, folder: string): readonly (readonly [string, string])[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    // A project may lie in a folder of its repository.
    if (own.has(path) || /\/(\.dvc\/tmp|dvc_plots|\.dvc\/cache\/gyre-environments)$/.test(path)) return [];
    if (entry.isDirectory()) return listState(root, path);
    const file = join(root, path);
    if (entry.isSymbolicLink()) return [[path, `link ${readlinkSync(file)}`] as const];
    const mode = (lstatSync(file).mode & 0o777).toString(8);
    const digest = createHash("md5").update(readFileSync(file)).digest("hex");
    return [[path, `${mode} ${digest}`] as const];
  });
}

/** Comparing a folder with what DVC 2 knew of it, dvc keeps its listing, whatever comes of it; nothing names it. */
function isPassingListing(path: string): boolean {
  return /\.dvc\/cache\/[0-9a-f]{2}\/[0-9a-f]{30}\.dir$/.test(path);
}

/** How what two programs left differs, in a line; undefined when every byte is the same. */
export function differenceOfStates(dvcRoot: string, gyreRoot: string): string | undefined {
  const [dvc, gyre] = [stateOf(dvcRoot), stateOf(gyreRoot)];
  const paths = [...new Set([...dvc.keys(), ...gyre.keys()])]
    .filter((path) => dvc.get(path) !== gyre.get(path) && !(isPassingListing(path) && !gyre.has(path)))
    .toSorted((a, b) => a.length - b.length);
  const [first] = paths;
  if (first === undefined) return undefined;
  const [left, right] = [dvc.get(first), gyre.get(first)];
  const detail =
    left !== undefined && right !== undefined && /dvc\.lock$|\.dvc$|\.gitignore$|cache\/runs/.test(first)
      ? firstDifference(
          readFileSync(join(dvcRoot, first), "utf8"),
          readFileSync(join(gyreRoot, first), "utf8"),
        )
      : `${left ?? "absent"} / ${right ?? "absent"}`;
  return `${paths.length} files, ${first}: ${detail}`;
}
