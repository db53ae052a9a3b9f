import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Writes a small file whole or not at all, with the mode it has; one that says the same already is left alone. */
export function writeTextFile(place: string, text: string): boolean {
  try {
    if (readFileSync(place, "utf8") === text) return false;
  } catch {
    mkdirSync(dirname(place), { recursive: true });
  }
  const aside = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
  try {
    writeFileSync(aside, text);
    const before = statSync(place, { throwIfNoEntry: false });
    if (before !== undefined) chmodSync(aside, before.mode & 0o777);
    renameSync(aside, place);
  } catch (error) {
    try {
      unlinkSync(aside);
    } catch {
      // It was never made.
    }
    throw error;
  }
  return true;
}
