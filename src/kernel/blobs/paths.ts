import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";

/**
 * Whether a path that came from outside stays inside the folder it is joined to, on every system:
 * relative, forward slashes only, no `.`, `..` or empty part, no NUL, no drive letter.
 */
export function isSafePath(path: string): boolean {
  if (path === "" || path.length > 4096) return false;
  if (path.includes("\0") || path.includes("\\") || /^[a-z]:/i.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && part.length <= 255);
}

/** The path itself. Throws `unsafe_path` when `isSafePath` says no. */
export function requireSafePath(path: string): string {
  if (isSafePath(path)) return path;
  throw new Problem(problems.unsafe_path, {
    message: `The path ${JSON.stringify(path.slice(0, 200))} does not stay inside its folder.`,
    data: { path },
  });
}
