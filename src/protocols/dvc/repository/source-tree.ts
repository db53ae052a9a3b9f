import { readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join, posix } from "node:path";

import type { Git } from "./git.ts";
import { openGitIgnore } from "./ignore.ts";
import type { Ignore } from "./ignore.ts";
import type { Repository } from "./repository.ts";

/** The texts of a repository: those of the work tree, or of a revision. Paths count from its root. */
export interface SourceTree {
  /** `undefined` for the work tree. */
  readonly revision: string | undefined;
  readText(path: string): string | undefined;
  /** The files of a folder and of those in it; undefined for what is no folder. */
  filesBelow(folder: string): readonly string[] | undefined;
  /** The `.dvc` and `dvc.yaml` files; `isTracked` says of a folder whether it is data, not to be looked into. */
  listDvcFiles(
    isTracked: (folder: string) => boolean,
    found: (file: string) => void | Promise<void>,
  ): Promise<void>;
}

export function workTree(repository: Repository, dvcIgnore: Ignore): SourceTree {
  const gitIgnore = repository.git === undefined ? undefined : openGitIgnore(repository.git.root);
  const above =
    repository.git === undefined || repository.git.root === repository.root
      ? ""
      : `${repository.root.slice(repository.git.root.length + 1)}/`;
  return {
    revision: undefined,
    readText: (path) => readText(isAbsolute(path) ? path : join(repository.root, path)),
    filesBelow: (folder) => listFiles(repository.root, folder),
    async listDvcFiles(isTracked, found) {
      const visit = async (folder: string): Promise<void> => {
        const files: string[] = [];
        const folders: string[] = [];
        for (const entry of readdirSync(join(repository.root, folder), { withFileTypes: true })) {
          const { name } = entry;
          const isFile = entry.isFile();
          // A repository within the repository looks after its own data.
          if (!isFile && name === ".dvc" && folder !== "") return;
          if (isFile && isDvcFile(name)) files.push(name);
          else if (!isFile && entry.isDirectory()) folders.push(name);
        }
        const inGit = `${above}${folder}`.replace(/\/$/, "");
        const [byDvc, byGit] = [dvcIgnore.leavesOutOf(folder), gitIgnore?.leavesOutOf(inGit)];
        const isLeftOut = (name: string, isFolder: boolean): boolean =>
          byDvc(name, isFolder) || byGit?.(name, isFolder) === true;
        for (const name of files.toSorted())
          if (!isLeftOut(name, false)) await found(folder === "" ? name : `${folder}/${name}`);
        for (const name of folders.toSorted()) {
          const path = folder === "" ? name : `${folder}/${name}`;
          if (!isTracked(path) && !isLeftOut(name, true)) await visit(path);
        }
      };
      await visit("");
    },
  };
}

/** The tree of a commit, read at once: its texts that describe data and pipelines. */
export function revisionTree(repository: Repository, git: Git, revision: string): SourceTree {
  const commit = git.resolve(revision);
  const prefix = git.root === repository.root ? "" : `${repository.root.slice(git.root.length + 1)}/`;
  const files = git
    .listFiles(commit, repository.root)
    .filter((file) => file.startsWith(prefix))
    .map((file) => file.slice(prefix.length));
  const present = new Set(files);
  const inner = files.flatMap((file) => /^(.+\/)\.dvc\/config$/.exec(file)?.[1] ?? []);
  const isOurs = (file: string): boolean => !inner.some((folder) => file.startsWith(folder));
  const wanted = files.filter((file) => isDvcFile(file) || /(^|\/)(dvc\.lock|params\.yaml)$/.test(file));
  const texts = new Map(
    [
      ...git.readTexts(
        commit,
        wanted.map((file) => `${prefix}${file}`),
      ),
    ].map(([file, text]) => [file.slice(prefix.length), text]),
  );
  return {
    revision,
    readText(path) {
      const file = posix.normalize(path);
      const known = texts.get(file);
      if (known !== undefined || !present.has(file)) return known;
      const text = git.readTexts(commit, [`${prefix}${file}`]).get(`${prefix}${file}`);
      if (text !== undefined) texts.set(file, text);
      return text;
    },
    filesBelow(folder) {
      const below = files.filter((file) => file.startsWith(`${posix.normalize(folder)}/`));
      return below.length === 0 ? undefined : below;
    },
    async listDvcFiles(_isTracked, found) {
      for (const file of files)
        if (isDvcFile(file) && !file.startsWith(".dvc/") && isOurs(file)) await found(file);
    },
  };
}

export function isDvcFile(path: string): boolean {
  return path.endsWith(".dvc") || path === "dvc.yaml" || path.endsWith("/dvc.yaml");
}

function listFiles(root: string, folder: string): readonly string[] | undefined {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return listFiles(root, path) ?? [path];
    });
  } catch {
    return undefined;
  }
}

function readText(place: string): string | undefined {
  try {
    return readFileSync(place, "utf8");
  } catch {
    return undefined;
  }
}
