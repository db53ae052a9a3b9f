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
 * Reads the arguments of `npm test -- …`: names of steps, paths, and flags of Node. Paths without a step
 * run the test files among them, whichever step they belong to, and none of the checks.
 */
export function readSelection(words: readonly string[]): Selection {
  const nodeFlags = words.filter((word) => word.startsWith("-"));
  const named = words.filter((word): word is StepName => stepNames.some((name) => name === word));
  const paths = words.filter((word) => !word.startsWith("-") && !stepNames.some((name) => name === word));
  return { steps: named.length > 0 ? named : defaultSteps(paths), paths, nodeFlags };
}

function defaultSteps(paths: readonly string[]): readonly StepName[] {
  return paths.length === 0 ? stepNames : stepNames.filter((name) => name !== "types" && name !== "lint");
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
