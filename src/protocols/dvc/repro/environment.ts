import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { arch, platform } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** What a command may depend on that no stage declares, and one digest of it all. */
export interface Environment {
  readonly digest: string;
  readonly parts: Readonly<Record<string, string>>;
}

const lockFiles = [
  "uv.lock",
  "poetry.lock",
  "Pipfile.lock",
  "pdm.lock",
  "pixi.lock",
  "requirements.txt",
  "environment.yml",
  "environment.yaml",
];

/**
 * The environment of commands run from a repository: machine, Python with its packages, lock files. Read
 * from the disk without starting anything, so that a run with nothing to do stays fast.
 */
export function readEnvironment(root: string): Environment {
  const python = findPython();
  const parts: Record<string, string> = { platform: `${platform()} ${arch()}` };
  if (python !== undefined) {
    parts["python"] = realpathSync(python).replace(/^.*\//, "");
    const packages = listPackages(python);
    if (packages !== undefined) parts["packages"] = digestOf(packages);
  }
  for (const name of lockFiles) {
    const place = join(root, name);
    if (existsSync(place)) parts[name] = digestOf(readFileSync(place, "utf8"));
  }
  return { digest: digestOf(JSON.stringify(parts)), parts };
}

function findPython(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  for (const folder of folders) {
    const found = ["python", "python3"].map((name) => join(folder, name)).find((place) => existsSync(place));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The names of installed distributions, which bear their versions. */
function listPackages(python: string): string | undefined {
  const library = join(dirname(dirname(python)), "lib");
  const names = readNames(library)
    .filter((name) => name.startsWith("python"))
    .flatMap((name) => readNames(join(library, name, "site-packages")))
    .filter((name) => name.endsWith(".dist-info"));
  return names.length === 0 ? undefined : names.toSorted().join("\n");
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
