import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Where `npm run build:program` writes, from the root. */
export const programFolder = "dist/program";
export const manifestFile = "sources.json";

// Copies keep a time to the microsecond at best, and round it up or down.
const copiedWithinMs = 2;

/**
 * The built command line, when it was made of the very sources that lie here: every one has the size and the time
 * it had. Otherwise undefined, and the sources themselves are run: they say the same, half a second later.
 * A look at 1,000 files takes 10 ms of a start, so `gyre dvc`, typed often, looks only at the 170 it may load.
 * @param {string} root
 * @param {string} [word] the first word that was typed
 * @returns {string | undefined}
 */
export function findBuiltProgram(root, word) {
  const folder = join(root, programFolder);
  try {
    const { dvc, others } = JSON.parse(readFileSync(join(folder, manifestFile), "utf8"));
    const isSame = ([path, size, mtimeMs]) => {
      const status = statSync(`${root}/${path}`, { throwIfNoEntry: false });
      return status?.size === size && Math.abs(status.mtimeMs - mtimeMs) < copiedWithinMs;
    };
    const isCurrent = dvc.every(isSame) && (word === "dvc" || others.every(isSame));
    return isCurrent ? join(folder, "main.js") : undefined;
  } catch {
    return undefined;
  }
}
