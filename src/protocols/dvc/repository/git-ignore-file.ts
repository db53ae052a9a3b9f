import { existsSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import type { Repository } from "./repository.ts";

/**
 * Makes Git ignore data: a line `/name` in the `.gitignore` beside it, unless Git ignores it already.
 * Returns the files that changed.
 */
export function ignoreInGit(repository: Repository, places: readonly string[]): readonly string[] {
  const { git } = repository;
  if (git === undefined) return [];
  const ignored = git.ignored(places);
  const changed = new Set<string>();
  for (const place of places.filter((one) => !ignored.has(one))) {
    const file = join(dirname(place), ".gitignore");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const line = `${escapeEntry(`/${basename(place)}`)}\n`;
    if (text.split(/(?<=\n)/).includes(line)) continue;
    writeFileSync(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}`);
    changed.add(file);
  }
  return [...changed];
}

/**
 * Hides from Git what a clone keeps for itself. Repositories of the first versions of DVC, which had other places,
 * are brought up to date by whichever program opens them.
 */
export function ignoreOwnPlaces(repository: Repository): void {
  const { root, temporaryFolder, cacheFolder } = repository;
  const folder = dirname(temporaryFolder);
  const places = [join(folder, "config.local"), temporaryFolder, cacheFolder];
  const file = join(folder, ".gitignore");
  const lines = existsSync(file) ? readFileSync(file, "utf8").split(/\r?\n/) : [];
  // Asking Git costs more than many a command takes.
  if (places.every((place) => dirname(place) === folder && lines.includes(`/${basename(place)}`))) return;
  ignoreInGit(
    repository,
    places.filter((place) => place.startsWith(`${root}/`)),
  );
}

/** Takes the line away again; a `.gitignore` that becomes empty goes. */
export function showToGit(repository: Repository, place: string): void {
  if (repository.git === undefined) return;
  const file = join(dirname(place), ".gitignore");
  if (!existsSync(file)) return;
  const lines = readFileSync(file, "utf8").split(/(?<=\n)/);
  const kept = lines.filter((line) => line.trim() !== `/${basename(place)}`);
  if (kept.length === lines.length) return;
  if (kept.length === 0) unlinkSync(file);
  else writeFileSync(file, kept.join(""));
}

/** Signs that mean something in a pattern are marked. */
function escapeEntry(entry: string): string {
  return entry.replaceAll(/[[\]!*#?]/g, (sign) => `\\${sign}`);
}
