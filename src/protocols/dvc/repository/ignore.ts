import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { readIgnoreRules } from "./ignore-rules.ts";
import type { IgnoreRules } from "./ignore-rules.ts";

/** What the ignore files of a tree say of its paths, which count from the tree's root. */
export interface Ignore {
  /** For a folder that is not left out itself: whether an entry of it is. */
  leavesOutOf(folder: string): (name: string, isFolder: boolean) => boolean;
  /** The same for any path: a folder above it may be left out. */
  ignores(path: string, isFolder: boolean): boolean;
}

/** Never data of anybody, wherever they lie. */
const always = new Set([".git", ".hg", ".dvc"]);
const dot = ".".charCodeAt(0);

/** Reads `.dvcignore` files where they are needed, each once. `.git`, `.hg` and `.dvc` are always left out. */
export function openDvcIgnore(root: string): Ignore {
  const ignore = openIgnore(root, ".dvcignore", "");
  return {
    leavesOutOf(folder) {
      const leavesOut = ignore.leavesOutOf(folder);
      // Most names are spared the look into the set, which costs more than the rest.
      return (name, isFolder) =>
        (name.charCodeAt(0) === dot && always.has(name)) || leavesOut(name, isFolder);
    },
    ignores: (path, isFolder) =>
      path.split("/").some((name) => always.has(name)) || ignore.ignores(path, isFolder),
  };
}

/** The same for `.gitignore`, so that a walk need not ask Git of every folder. */
export function openGitIgnore(root: string): Ignore {
  const excluded = readText(join(root, ".git", "info", "exclude")) ?? "";
  return openIgnore(root, ".gitignore", excluded);
}

function openIgnore(root: string, fileName: string, first: string): Ignore {
  // For each folder the rule files that hold there, with the folders they count from, the nearest first.
  const known = new Map<string, readonly (readonly [string, IgnoreRules])[]>();
  const rulesIn = (folder: string): readonly (readonly [string, IgnoreRules])[] => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    const outer =
      folder !== "" ? rulesIn(parentOf(folder)) : first === "" ? [] : [["", readIgnoreRules(first)] as const];
    const text = readText(join(root, folder, fileName));
    const rules = text === undefined ? outer : [[folder, readIgnoreRules(text)] as const, ...outer];
    known.set(folder, rules);
    return rules;
  };
  const leavesOutOf = (folder: string): ((name: string, isFolder: boolean) => boolean) => {
    const holding = rulesIn(folder);
    if (holding.length === 0) return () => false;
    return (name, isFolder) => {
      const path = folder === "" ? name : `${folder}/${name}`;
      for (const [from, rules] of holding) {
        const verdict = rules.verdict(from === "" ? path : path.slice(from.length + 1), isFolder);
        if (verdict !== undefined) return verdict;
      }
      return false;
    };
  };
  return {
    leavesOutOf,
    ignores(path, isFolder) {
      const parts = path.split("/");
      return parts.some((name, index) =>
        leavesOutOf(parts.slice(0, index).join("/"))(name, isFolder || index < parts.length - 1),
      );
    },
  };
}

function parentOf(folder: string): string {
  const slash = folder.lastIndexOf("/");
  return slash < 0 ? "" : folder.slice(0, slash);
}

function readText(file: string): string | undefined {
  // Most folders have none, and to be told so by an error costs ten times the look.
  if (!existsSync(file)) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
