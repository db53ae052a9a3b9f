import { posix } from "node:path";

import { invalidAt } from "./source.ts";
import type { Site } from "./source.ts";

export type OutsidePaths = "refused" | "kept";

/**
 * A path a stage names, from the project's root, without a final slash. `wdir` is the stage's folder
 * from the root. Throws `pipeline_invalid` for what lies outside the project, unless it is kept: then an
 * absolute path or an address stays as it is, and another begins with `../`.
 */
export function projectPath(
  path: string,
  wdir: string,
  site: Site,
  outside: OutsidePaths = "refused",
): string {
  if (plain.test(path)) return wdir === "." ? path : `${wdir}/${path}`;
  if (outside === "kept" && (posix.isAbsolute(path) || /^[a-z][a-z0-9+.-]*:\/\//i.test(path))) return path;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
    throw invalidAt(
      site,
      `${site.name} names the remote address ${path}.`,
      "Name a file of the project; bring remote data in as a source under data: in gyre.yaml.",
    );
  }
  if (path.trim() === "")
    throw invalidAt(site, `${site.name} is an empty path.`, "Expected a path within the project.");
  if (/[\0\\]|^[a-z]:/i.test(path)) {
    throw invalidAt(
      site,
      `${site.name} is the path ${JSON.stringify(path)}.`,
      "Expected forward slashes and no drive letter.",
    );
  }
  const normal = posix.normalize(posix.join(wdir, path)).replace(/\/+$/, "");
  if (outside === "kept") return normal;
  if (posix.isAbsolute(path) || normal === ".." || normal.startsWith("../")) {
    throw invalidAt(
      site,
      `${site.name} leaves the project: ${path}.`,
      "Expected a path within the project's folder.",
    );
  }
  return normal;
}

/**
 * What the file has for paths that it does not write in the shortest way, such as `./data` or `data/`, by path from
 * the root. `dvc.lock` names paths as `dvc.yaml` does.
 */
export function pathsAsWritten(
  texts: readonly { readonly text: string; readonly site: Site }[],
  wdir: string,
): Readonly<Record<string, string>> {
  const written: Record<string, string> = {};
  for (const { text, site } of texts) {
    if (plain.test(text)) continue;
    const path = projectPath(text, wdir, site, "kept");
    if (path !== text && (posix.relative(wdir, path) || ".") !== text) written[path] = text;
  }
  return written;
}

// Nothing to normalise and nothing to refuse: what nearly all paths are like.
const plain = /^[\w@+=%-][\w@+=%.-]*(?:\/[\w@+=%-][\w@+=%.-]*)*$/;

/** Whether one path is the other, or lies within it. The root `.` holds everything. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === "." || path.startsWith(`${folder}/`);
}

export function overlap(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

/** A file named in a condition, from the project's root: it lies in the stage's folder, like params.yaml. */
export function projectFolderPath(file: string, wdir: string): string {
  return posix.normalize(posix.join(wdir, file));
}
