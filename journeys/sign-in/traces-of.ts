import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The files at or below a folder that hold the text, whatever kind of files they are. */
export async function tracesOf(text: string, folder: string): Promise<readonly string[]> {
  const wanted = Buffer.from(text);
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    // A file may go while it is looked for: then it holds nothing any more.
    const bytes = entry.isFile() ? await readFile(path).catch(() => undefined) : undefined;
    if (bytes?.includes(wanted) === true) found.push(path);
  }
  return found;
}
