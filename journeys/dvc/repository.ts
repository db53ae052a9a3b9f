import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const gyre = join(import.meta.dirname, "..", "..", "gyre");

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A Git and DVC repository that people work on with either program. */
export interface TeamRepository {
  readonly root: string;
  dvc(...words: string[]): Said;
  gyre(...words: string[]): Said;
  git(...words: string[]): Said;
  write(path: string, text: string): void;
  remove(...paths: string[]): void;
  /** Another one in the same state. */
  copy(): TeamRepository;
  /** Every file the programs keep: their own files, the cache with its modes, the run cache, what they ignore. */
  state(): Readonly<Record<string, string>>;
}

/** Makes an empty repository; `dvcProgram` is the real `dvc`. */
export function makeTeamRepository(dvcProgram: string): TeamRepository {
  const root = join(mkdtempSync(join(tmpdir(), "gyre-dvc-journey-")), "team");
  mkdirSync(root);
  const repository = openTeamRepository(dvcProgram, root);
  repository.git("init", "-q");
  repository.dvc("init", "-q");
  return repository;
}

function openTeamRepository(dvcProgram: string, root: string): TeamRepository {
  const environment = {
    ...process.env,
    DVC_NO_ANALYTICS: "1",
    DVC_SITE_CACHE_DIR: join(dirname(root), "site-cache"),
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b",
    SHELL: "/bin/sh",
  };
  const run = (program: string, words: readonly string[]): Said => {
    const { status, stdout, stderr, error } = spawnSync(program, words, {
      cwd: root,
      env: environment,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (error !== undefined) throw error;
    return { code: status ?? -1, out: stdout, err: stderr };
  };
  return {
    root,
    dvc: (...words) => run(dvcProgram, words),
    gyre: (...words) => run(process.execPath, [gyre, "dvc", ...words]),
    git: (...words) => run("git", words),
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    remove(...paths) {
      for (const path of paths) rmSync(join(root, path), { recursive: true, force: true });
    },
    copy() {
      const target = join(mkdtempSync(join(tmpdir(), "gyre-dvc-journey-")), "team");
      cpSync(root, target, { recursive: true, preserveTimestamps: true });
      return openTeamRepository(dvcProgram, target);
    },
    state: () => Object.fromEntries(listState(root, "")),
  };
}

// What each program keeps for itself alone.
const own = new Set([".git", ".dvc/tmp", ".dvc/cache/gyre-environments"]);

function listState(root: string, folder: string): readonly (readonly [string, string])[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (own.has(path)) return [];
      if (entry.isDirectory()) return listState(root, path);
      const mode = (statSync(join(root, path)).mode & 0o777).toString(8);
      return [[path, `${mode} ${readFileSync(join(root, path), "latin1")}`] as const];
    });
}
