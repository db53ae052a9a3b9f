import type { DvcArguments, DvcOption } from "./arguments.ts";

/** Options every verb takes. */
export const everywhere: readonly DvcOption[] = [
  { flags: ["-h", "--help"], says: "Show this help message and exit." },
  { flags: ["-q", "--quiet"], says: "Be quiet." },
  { flags: ["-v", "--verbose"], says: "Be verbose." },
  { flags: ["--wait-for-lock"], says: "Wait for the lock if it is already held by another process." },
  { flags: ["--cd"], takes: "one", says: "Change to directory before executing." },
];

export const jobsOption: DvcOption = {
  flags: ["-j", "--jobs"],
  takes: "one",
  says: "Number of jobs to run simultaneously.",
};
export const remoteOption: DvcOption = {
  flags: ["-r", "--remote"],
  takes: "one",
  says: "Remote storage to use.",
};
export const jsonOption: DvcOption = { flags: ["--json"], says: "Show output in JSON format." };
export const markdownOption: DvcOption = {
  flags: ["--md"],
  says: "Show tabulated output in the Markdown format (GFM).",
};
export const withDependenciesOption: DvcOption = {
  flags: ["-d", "--with-deps"],
  says: "Include all dependencies of the specified targets.",
};
export const recursiveOption: DvcOption = {
  flags: ["-R", "--recursive"],
  says: "Include everything in the specified directories.",
};
export const globOption: DvcOption = {
  flags: ["--glob"],
  says: "Allows targets containing shell-style wildcards.",
};
export const historyOptions: readonly DvcOption[] = [
  { flags: ["-a", "--all-branches"], says: "Also for all branches." },
  { flags: ["-T", "--all-tags"], says: "Also for all tags." },
  { flags: ["-A", "--all-commits"], says: "Also for all commits." },
];
export const runCacheOptions: readonly DvcOption[] = [
  { flags: ["--run-cache"], says: "Also the history of stage runs." },
  { flags: ["--no-run-cache"], says: "Without the history of stage runs." },
];

/** What push, pull and fetch ask alike: which objects, and how they travel. */
export function readTransfer(typed: DvcArguments) {
  return {
    targets: typed.targets,
    remote: typed.text("remote"),
    jobs: typed.count("jobs"),
    allBranches: typed.has("all-branches"),
    allTags: typed.has("all-tags"),
    allCommits: typed.has("all-commits"),
    withDependencies: typed.has("with-deps"),
    isRecursive: typed.has("recursive"),
    withRunCache: typed.has("run-cache"),
  };
}
