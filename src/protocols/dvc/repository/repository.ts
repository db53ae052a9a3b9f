import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

import { Problem } from "#kernel/errors";

import { mergeConfig, readConfig } from "../formats/config.ts";
import type { ConfigSections } from "../formats/config.ts";
import { problems } from "../problems.ts";
import { findGit } from "./git.ts";
import type { Git } from "./git.ts";

/** A DVC repository on this machine, worked on in place. */
export interface Repository {
  readonly root: string;
  /** The folder the command was given in; paths are told from here. */
  readonly here: string;
  /** What DVC ignores and never shares: locks, indexes, half-written files. */
  readonly temporaryFolder: string;
  readonly cacheFolder: string;
  readonly config: ConfigSections;
  /** Undefined where the repository is under no version control. */
  readonly git: Git | undefined;
}

/** Opens the repository that a folder lies in. Throws `dvc_repository_missing`, `dvc_config_invalid`. */
export function openRepository(here: string): Repository {
  const root = findRoot(here);
  const folder = join(root, ".dvc");
  const config = mergeConfig(
    configFiles(folder).flatMap((file) => {
      const text = readText(file);
      return text === undefined ? [] : [withPaths(readConfig(file, text), dirname(file))];
    }),
  );
  const cacheFolder = setting(config, "cache", "dir") ?? join(folder, "cache");
  const isUnderGit = setting(config, "core", "no_scm")?.toLowerCase() !== "true";
  return {
    root,
    here,
    temporaryFolder: join(folder, "tmp"),
    cacheFolder,
    config,
    git: isUnderGit ? findGit(root) : undefined,
  };
}

export function setting(config: ConfigSections, section: string, key: string): string | undefined {
  return config.get(section)?.get(key);
}

export function defaultRemote({ config }: Pick<Repository, "config">): string | undefined {
  return setting(config, "core", "remote");
}

/** A path from the repository's root with forward slashes; absolute when it lies outside. */
export function pathFromRoot(repository: Pick<Repository, "root">, absolute: string): string {
  const path = relative(repository.root, absolute).split(sep).join("/");
  return path === "" ? "." : path.startsWith("../") || path === ".." ? absolute : path;
}

/** The place on the disk of a path from the root. */
export function placeOf(repository: Pick<Repository, "root">, path: string): string {
  return isAbsolute(path) ? path : join(repository.root, path);
}

/** A path from the root as the user sees it from where they are. */
export function shown(repository: Pick<Repository, "root" | "here">, path: string): string {
  if (isAbsolute(path) || /^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return path;
  const place = placeOf(repository, path);
  const text = relative(repository.here, place).split(sep).join("/");
  return text === "" ? "." : text;
}

function findRoot(here: string): string {
  for (let folder = resolve(here); ; folder = dirname(folder)) {
    if (isFolder(join(folder, ".dvc"))) return folder;
    if (dirname(folder) === folder) {
      throw new Problem(problems.dvc_repository_missing, {
        message: `you are not inside of a DVC repository (checked up to mount point '${folder}')`,
      });
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** From the widest to the nearest: the machine's, the user's, the team's, this clone's. */
function configFiles(folder: string): readonly string[] {
  const userFolder =
    process.env["DVC_GLOBAL_CONFIG_DIR"] ??
    join(process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config"), "dvc");
  const systemFolder = process.env["DVC_SYSTEM_CONFIG_DIR"] ?? "/etc/xdg/dvc";
  return [
    join(systemFolder, "config"),
    join(userFolder, "config"),
    join(folder, "config"),
    join(folder, "config.local"),
  ].filter((file) => existsSync(file));
}

/** Paths in a settings file count from its folder. */
function withPaths(sections: ConfigSections, folder: string): ConfigSections {
  const place = (path: string): string => {
    if (/^\w+:\/\//.test(path) || isAbsolute(path)) return path;
    return path.startsWith("~") ? join(homedir(), path.slice(1)) : resolve(folder, path);
  };
  return new Map(
    [...sections].map(([name, settings]) => {
      const isPath = (key: string): boolean =>
        (name === "cache" && key === "dir") || (name.startsWith("remote ") && key === "url");
      return [name, new Map([...settings].map(([key, value]) => [key, isPath(key) ? place(value) : value]))];
    }),
  );
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
