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
 * A look at 700 files takes about 5 ms.
 * @param {string} root
 * @returns {string | undefined}
 */
export function findBuiltProgram(root) {
  const folder = join(root, programFolder);
  try {
    const { files } = JSON.parse(readFileSync(join(folder, manifestFile), "utf8"));
    const isSame = files.every(([path, size, mtimeMs]) => {
      const status = statSync(join(root, path), { throwIfNoEntry: false });
      return status?.size === size && Math.abs(status.mtimeMs - mtimeMs) < copiedWithinMs;
    });
    return isSame ? join(folder, "main.js") : undefined;
  } catch {
    return undefined;
  }
}
