import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { createPathSet } from "../definition/path-set.ts";
import { isLeftover, readIgnoreRules } from "./ignore.ts";
import type { IgnoreRules } from "./ignore.ts";

export interface CodeFile {
  readonly path: string;
  readonly sizeBytes: number;
}

export interface CodeFilter {
  /** Paths that are not code: what the pipeline makes, and where data sets stand. */
  readonly excluded: readonly string[];
  /** Paths the pipeline reads, which count as code also when an ignore file names them. */
  readonly included: readonly string[];
}

/**
 * The code of a project folder: its plain files without results, data, what tools leave behind, what
 * `.gitignore` and `.dvcignore` name, virtual environments, and symbolic links.
 */
export async function listCodeFiles(folder: string, filter: CodeFilter): Promise<readonly CodeFile[]> {
  const found: CodeFile[] = [];
  const excluded = createPathSet(filter.excluded);
  const included = createPathSet(filter.included);

  // `ignored`: only what is included by name is still looked for below this folder.
  const walk = async (below: string, rulesAbove: readonly ScopedRules[], ignored: boolean): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true });
    if (below !== "" && entries.some((entry) => entry.name === "pyvenv.cfg")) return;
    const rules = [...rulesAbove, ...(await readRules(folder, below, entries))];
    for (const entry of entries) {
      const path = `${below}${entry.name}`;
      if (isLeftover(entry.name) || excluded.covers(path)) continue;
      const isFolder = entry.isDirectory();
      const leftOut = (ignored || isIgnored(path, isFolder, rules)) && !included.covers(path);
      if (isFolder) {
        if (!leftOut || included.leadsTo(path)) await walk(`${path}/`, rules, leftOut);
      } else if (entry.isFile() && !leftOut) {
        found.push({ path, sizeBytes: (await lstat(join(folder, path))).size });
      }
    }
  };
  await walk("", [], false);
  return found;
}

interface ScopedRules {
  readonly below: string;
  readonly rules: IgnoreRules;
}

async function readRules(
  folder: string,
  below: string,
  entries: readonly { readonly name: string }[],
): Promise<readonly ScopedRules[]> {
  const names = entries
    .map((entry) => entry.name)
    .filter((name) => name === ".gitignore" || name === ".dvcignore");
  return await Promise.all(
    names.map(async (name) => ({
      below,
      rules: readIgnoreRules(await readFile(join(folder, below, name), "utf8")),
    })),
  );
}

/** The rules nearest to the path speak last. */
function isIgnored(path: string, isFolder: boolean, rules: readonly ScopedRules[]): boolean {
  return rules.reduce(
    (ignored, scoped) => scoped.rules(path.slice(scoped.below.length), isFolder) ?? ignored,
    false,
  );
}
