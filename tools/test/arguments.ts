/** The steps of `npm test`, in their order: the cheap ones first, so that a slip is known within seconds. */
export const stepNames = ["types", "lint", "unit", "web", "journeys", "browser"] as const;
export type StepName = (typeof stepNames)[number];

export interface Selection {
  readonly steps: readonly StepName[];
  /** Files, folders or globs; only test files among them run. Empty: all of the step. */
  readonly paths: readonly string[];
  /** Flags for the Node that runs a test file, such as `--test-name-pattern=…`. */
  readonly nodeFlags: readonly string[];
}

/**
 * Reads the arguments of `npm test -- …`: names of steps, paths, and flags of Node. Paths without a step of test
 * files run those among them, whichever step they belong to; of the checks only those that are named run.
 */
export function readSelection(words: readonly string[]): Selection {
  const nodeFlags = words.filter((word) => word.startsWith("-"));
  const named = words.filter((word): word is StepName => stepNames.some((name) => name === word));
  const paths = words.filter((word) => !word.startsWith("-") && !stepNames.some((name) => name === word));
  return { steps: stepNames.filter((name) => isMeant(name, named, paths)), paths, nodeFlags };
}

/** Steps that only check: no path is part of them. */
const checks: readonly StepName[] = ["types", "lint"];

function isMeant(name: StepName, named: readonly StepName[], paths: readonly string[]): boolean {
  if (named.includes(name)) return true;
  if (named.length === 0 && paths.length === 0) return true;
  const namesFiles = named.some((one) => !checks.includes(one));
  return paths.length > 0 && !namesFiles && !checks.includes(name);
}

/** Whether a test file lies under one of the paths: a file, a folder, or a glob that names it. */
export function isSelected(file: string, paths: readonly string[]): boolean {
  if (paths.length === 0) return true;
  return paths.some((path) => {
    const wanted = path.replace(/^\.\//, "").replace(/\/$/, "");
    return file === wanted || file.startsWith(`${wanted}/`) || matchesGlob(file, wanted);
  });
}

function matchesGlob(file: string, glob: string): boolean {
  const pattern = glob
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => globParts[part] ?? part.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&"))
    .join("");
  return new RegExp(`^${pattern}$`).test(file);
}

const globParts: Readonly<Record<string, string>> = {
  "**/": "(?:.*/)?",
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
};
