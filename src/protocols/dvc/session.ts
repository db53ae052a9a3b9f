import { join } from "node:path";

import { openCache } from "./files/cache.ts";
import type { Cache } from "./files/cache.ts";
import { openHashPool } from "./files/hash-pool.ts";
import type { HashPool } from "./files/hash-pool.ts";
import { scan } from "./files/scan.ts";
import type { Scanned, ScanOptions, ScanParts } from "./files/scan.ts";
import { openStatIndex } from "./files/stat-index.ts";
import { ignoreOwnPlaces } from "./repository/git-ignore-file.ts";
import { openDvcIgnore } from "./repository/ignore.ts";
import { openRepositoryLock } from "./repository/lock.ts";
import type { RepositoryLock } from "./repository/lock.ts";
import { loadProject } from "./repository/project.ts";
import type { Project } from "./repository/project.ts";
import { openRepository, placeOf, setting, shown } from "./repository/repository.ts";
import type { Repository } from "./repository/repository.ts";
import { workTree } from "./repository/source-tree.ts";
import type { SourceTree } from "./repository/source-tree.ts";
import type { FlagStyle } from "#pipelines/definition";

/** What a command says while it works; its result is for the caller to print. */
export interface Voice {
  say(line: string): void;
  warn(line: string): void;
  /** Whether to wait for the lock as long as it takes; a few seconds otherwise. */
  readonly waitsForLock?: boolean;
  /** What belongs to the error output without being a warning. */
  tell(line: string): void;
}

/** One command at work on a repository: its files, its cache, what is known of both. */
export interface Session extends ScanParts {
  readonly repository: Repository;
  readonly tree: SourceTree;
  readonly cache: Cache;
  readonly voice: Voice;
  readonly flags: FlagStyle;
  readonly lock: RepositoryLock;
  /** Everything the work tree tracks, as it was when it was first asked for. */
  loadProject(): Promise<Project>;
  /** The same without what is described within a folder. */
  loadProjectBeside(folder: string): Promise<Project>;
  /** What lies at a path from the root now; undefined for nothing. */
  look(path: string, options?: ScanOptions): Promise<Scanned | undefined>;
  /** A path from the root as the user sees it. */
  show(path: string): string;
}

export interface SessionOptions {
  readonly here: string;
  readonly voice: Voice;
  /** One whose threads may have been started already; the session closes it. */
  readonly pool?: HashPool;
}

/** Opens the repository around a folder, lets a command work, and keeps what was learnt of its files. */
export async function withSession<Result>(
  { here, voice, pool = openHashPool() }: SessionOptions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const repository = openRepository(here);
  ignoreOwnPlaces(repository);
  const index = openStatIndex(join(repository.temporaryFolder, "gyre", "stat-index"));
  const ignore = openDvcIgnore(repository.root);
  const parts = { root: repository.root, ignore, index, pool };
  const tree = workTree(repository, ignore);
  const flags = flagStyle(repository);
  const cache = openCache(repository.cacheFolder, repository.temporaryFolder);
  let project: Promise<Project> | undefined;
  const session: Session = {
    ...parts,
    repository,
    tree,
    cache,
    voice,
    flags,
    lock: openRepositoryLock(repository.temporaryFolder, voice.waitsForLock),
    async loadProject() {
      project ??= loadProject(tree, { flags });
      return await project;
    },
    loadProjectBeside: async (folder) => await loadProject(tree, { flags, except: folder }),
    look: async (path, options) => await scan(parts, placeOf(repository, path), options),
    show: (path) => shown(repository, path),
  };
  try {
    return await session.lock.during(async () => await work(session));
  } finally {
    index.save();
    cache.save();
    await pool.close();
    session.lock.close();
  }
}

function flagStyle({ config }: Repository): FlagStyle {
  return {
    bool: setting(config, "parsing", "bool") === "boolean_optional" ? "boolean_optional" : "store_true",
    list: setting(config, "parsing", "list") === "append" ? "append" : "nargs",
  };
}
