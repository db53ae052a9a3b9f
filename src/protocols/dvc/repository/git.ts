import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";

/** The questions we have for Git; each starts `git` once, so nobody asks one per file. */
export interface Git {
  readonly root: string;
  /** Of these paths, those that Git ignores. */
  ignored(paths: readonly string[]): ReadonlySet<string>;
  /** Of these paths, those that Git tracks, or that hold a file it tracks. */
  tracked(paths: readonly string[]): ReadonlySet<string>;
  add(paths: readonly string[]): void;
  /** The digest of a commit. Throws `dvc_git_failed`. */
  resolve(revision: string): string;
  /** The files of a revision below a folder, from the root of the work tree. */
  listFiles(revision: string, folder: string): readonly string[];
  /** Texts of files of a revision, by path; absent where there is none. */
  readTexts(revision: string, paths: readonly string[]): ReadonlyMap<string, string>;
  /** The commits that branches, tags or all of history name, each with the name it was found by. */
  revisions(of: "branches" | "tags" | "commits"): readonly NamedRevision[];
  /** The branch that is checked out; undefined when none is. */
  activeBranch(): string | undefined;
}

export interface NamedRevision {
  readonly commit: string;
  /** Of a branch or a tag; of a commit its digest. */
  readonly name: string;
}

/** The Git work tree a folder lies in; undefined where there is none. */
export function findGit(folder: string): Git | undefined {
  for (let root = resolve(folder); ; root = dirname(root)) {
    if (existsSync(join(root, ".git"))) return openGit(root);
    if (dirname(root) === root) return undefined;
  }
}

function openGit(root: string): Git {
  const run = (words: readonly string[], input?: string): Buffer => {
    try {
      return execFileSync("git", ["-C", root, ...words], {
        maxBuffer: 1 << 30,
        stdio: ["pipe", "pipe", "pipe"],
        ...(input === undefined ? {} : { input }),
      });
    } catch (cause) {
      const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
      throw new Problem(problems.dvc_git_failed, {
        message: `git ${words[0] ?? ""} failed: ${said.split("\n")[0] ?? ""}`,
        cause,
      });
    }
  };
  const inside = (path: string): string => relative(root, path);
  return {
    root,
    ignored(paths) {
      if (paths.length === 0) return new Set();
      // Exit code 1 says that none is ignored.
      const { stdout } = spawnSync("git", ["-C", root, "check-ignore", "-z", "--stdin"], {
        input: paths.map((path) => `${path}\0`).join(""),
      });
      return new Set(stdout.toString().split("\0").filter(Boolean));
    },
    tracked(paths) {
      if (paths.length === 0) return new Set();
      const listed = run(["ls-files", "-z", "--", ...paths.map(inside)])
        .toString()
        .split("\0")
        .filter(Boolean);
      return new Set(
        paths.filter((path) =>
          listed.some((file) => file === inside(path) || file.startsWith(`${inside(path)}/`)),
        ),
      );
    },
    add(paths) {
      if (paths.length > 0) run(["add", "--", ...paths.map(inside)]);
    },
    resolve: (revision) =>
      run(["rev-parse", "--verify", "-q", `${revision}^{commit}`])
        .toString()
        .trim(),
    listFiles(revision, folder) {
      const below = inside(folder);
      const words = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", revision];
      return run(below === "" ? words : [...words, `${below}/`])
        .toString()
        .split("\0")
        .filter(Boolean);
    },
    readTexts(revision, paths) {
      if (paths.length === 0) return new Map();
      const asked = paths.map((path) => `${revision}:${path}\n`).join("");
      return readBatch(run(["cat-file", "--batch"], asked), paths);
    },
    revisions(of) {
      if (of === "commits")
        return linesOf(run(["rev-list", "--all"])).map((commit) => ({ commit, name: commit }));
      const pattern = of === "branches" ? "refs/heads" : "refs/tags";
      const commit = "%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)";
      return linesOf(run(["for-each-ref", `--format=${commit} %(refname:lstrip=2)`, pattern])).map((line) => {
        const [digest = "", name = ""] = line.split(/ (.*)/s);
        return { commit: digest, name };
      });
    },
    activeBranch() {
      const { stdout } = spawnSync("git", ["-C", root, "symbolic-ref", "--short", "-q", "HEAD"]);
      return linesOf(stdout)[0];
    },
  };
}

function linesOf(bytes: Buffer): readonly string[] {
  return bytes.toString().split("\n").filter(Boolean);
}

/** The answer of `git cat-file --batch`: a line for each object, its bytes, a line's end. */
function readBatch(bytes: Buffer, paths: readonly string[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  let offset = 0;
  for (const path of paths) {
    const end = bytes.indexOf(0x0a, offset);
    const header = bytes.subarray(offset, end).toString();
    offset = end + 1;
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(header)?.[1];
    if (size === undefined) continue;
    texts.set(path, bytes.subarray(offset, offset + Number(size)).toString());
    offset += Number(size) + 1;
  }
  return texts;
}
