import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Every file that is in the repository or about to be: what git tracks, and what it does not ignore. */
export function repositoryFiles(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    encoding: "utf8",
  });
  return [...new Set(listed.split("\0").filter((file) => file !== ""))].filter(isFile).toSorted();
}

function isFile(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * The paths that the tree in ARCHITECTURE.md names: the lines of its first block, where two spaces of
 * indentation are one level, a name that ends in `/` is a folder, and several names share a line when
 * they share a description.
 */
export function pathsOfTree(markdown: string): readonly string[] {
  const block = /```tree\n([^]*?)```/.exec(markdown)?.[1] ?? "";
  const folders: string[] = [];
  return block
    .split("\n")
    .filter((line) => line.trim() !== "")
    .flatMap((line) => {
      const depth = (line.length - line.trimStart().length) / 2;
      // Two spaces end the names; what follows describes them.
      const names = (line.trim().split(/ {2,}/)[0] ?? "").split(" ");
      const paths = names.map((name) => [...folders.slice(0, depth), name].join(""));
      folders.splice(depth, folders.length, names[0] ?? "");
      return paths;
    });
}
