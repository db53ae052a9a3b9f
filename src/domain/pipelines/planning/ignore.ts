/** Says of a path below the folder of the rules whether it is left out; undefined when no rule speaks of it. */
export type IgnoreRules = (path: string, isFolder: boolean) => boolean | undefined;

/** Reads the rules of a `.gitignore` or `.dvcignore`. The last that matches counts; `!` takes back. */
export function readIgnoreRules(text: string): IgnoreRules {
  const rules = text.split(/\r?\n/).flatMap(readRule).toReversed();
  return (path, isFolder) => {
    const rule = rules.find(({ pattern, foldersOnly }) => (isFolder || !foldersOnly) && pattern.test(path));
    return rule?.ignores;
  };
}

interface Rule {
  readonly pattern: RegExp;
  readonly ignores: boolean;
  readonly foldersOnly: boolean;
}

function readRule(line: string): readonly Rule[] {
  const trimmed = line.replace(/(?<!\\)\s+$/, "");
  if (trimmed === "" || trimmed.startsWith("#")) return [];
  const ignores = !trimmed.startsWith("!");
  const body = trimmed.replace(/^!/, "").replace(/^\\([#!])/, "$1");
  const foldersOnly = body.endsWith("/");
  const glob = body.replace(/\/+$/, "");
  if (glob === "") return [];
  // A slash within the pattern ties it to the folder of the file; without one it holds at any depth.
  const prefix = glob.includes("/") ? "^" : "^(?:.*/)?";
  return [
    { pattern: new RegExp(`${prefix}${globToPattern(glob.replace(/^\//, ""))}$`), ignores, foldersOnly },
  ];
}

function globToPattern(glob: string): string {
  return glob
    .replaceAll(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll(/\*\*\/|\/\*\*|\*\*|\*|\?/g, (sign) => {
      if (sign === "**/") return "(?:.*/)?";
      if (sign === "/**") return "/.*";
      if (sign === "**") return ".*";
      return sign === "*" ? "[^/]*" : "[^/]";
    })
    .replaceAll("[!", "[^");
}

// Never part of the code, and never a reason to run a step again: what tools leave behind.
const leftovers = new Set([
  ".git",
  ".hg",
  ".dvc",
  ".gyre",
  "__pycache__",
  "node_modules",
  ".ipynb_checkpoints",
  ".pytest_cache",
  ".mypy_cache",
  ".ruff_cache",
  ".DS_Store",
]);

export function isLeftover(name: string): boolean {
  return leftovers.has(name) || name.endsWith(".pyc");
}
