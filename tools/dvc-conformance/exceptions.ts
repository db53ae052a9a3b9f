/** A difference that was looked into and is meant to stay, or is known. */
export interface Exception {
  readonly question: RegExp;
  /** Found in how the answers differ. */
  readonly difference: RegExp;
  readonly repository?: RegExp;
  readonly reason: string;
}

/** Every difference that remains, each with its reason. */
export const exceptions: readonly Exception[] = [
  {
    question: /repro --dry/,
    difference:
      /dvc ends with 255, gyre with 0: .*failed to reproduce .*(No such file or directory|does not exist)/,
    reason:
      "With --dry, dvc stops at a stage whose inputs an earlier stage would make or a pull would bring; Gyre prints the whole plan",
  },
  {
    question: /gc --workspace/,
    difference:
      /Removed \d+ objects from legacy cache.*(No unused 'legacy' cache to remove|Removed \d+ objects)/,
    reason:
      "Comparing a folder with what DVC 2 knew of it, dvc leaves a listing in the cache that nothing names; Gyre leaves none, so it has none to remove",
  },
  {
    question: /.*/,
    difference: /validation failed|config file error: extra keys/,
    reason:
      "dvc 3 refuses files and settings of its first versions, or warns and answers with nothing; Gyre reads them, or ends with the place of the mistake",
  },
  {
    question: /metrics (show|diff)/,
    difference: /^line 1: "\{\}" \/ "\{"$|"error\\": \{" \/ " *\\"data/,
    reason: "dvc 3 cannot read a commit whose files are of its first versions; Gyre tells its metrics",
  },
  {
    question: /status|repro --dry/,
    difference: /Unable to locate credentials/,
    reason:
      "dvc asks a bucket for a dependency outside of the repository; Gyre leaves such dependencies to whoever brings them",
  },
  {
    question: /params diff --all/,
    difference: /line 1: "\{" \/ "\{\}"/,
    repository: /^gottalottarock\/esm-2-contact-map$/,
    reason:
      "Missing: variables of other files than params.yaml at the root count as parameters in dvc once a template uses them",
  },
  {
    question: /params diff/,
    difference: /log-file|demo_pipeline/,
    repository: /^MArpogaus\/dvc-stage$/,
    reason:
      "Missing: within a list, which is told as Python writes it, keys that are numbers have no quotes in dvc",
  },
  {
    question: /dag|status|diff --json|checkout|repro|metrics/,
    difference: /.*/,
    repository: /^gottalottarock\/esm-2-contact-map$/,
    reason:
      "A .gitignore of the form `data/**/*` with `!data/**/*.dvc` hides the .dvc files from dvc, though not from Git; Gyre does as Git",
  },
  {
    question: /repro/,
    difference: /dvc\.lock: line \d+: " +- [\d.]+e-\d+" \/ " +- [\d.]+e-\d+"$/,
    reason:
      "Each time dvc writes a lock file, numbers with an exponent in the entries of other stages lose a unit of their last digit; Gyre leaves them as they were",
  },
  {
    question: /made data: repro/,
    difference: /dependency '.*' does not exist \/ WARNING: .* is frozen/,
    reason:
      "A frozen stage waits for nothing: dvc comes to it in the order of the file system, before what it depends on was made",
  },
  {
    question: /pull/,
    difference: /Can't remove the following unsaved files/,
    reason:
      "dvc refuses to pull a folder that is what its .dvc file says when only the cache lacks it; Gyre leaves such a folder alone",
  },
  {
    question: /status/,
    difference: /data\/ml-100k\.zip\.dvc/,
    repository: /^lenskit\/lk-demo-experiment$/,
    reason:
      "dvc asks the web for the source of an import, which cannot be reached here, and calls it deleted",
  },
  {
    question: /repro/,
    difference: /: 664 .* \/ 644 /,
    reason: "Missing: `cache.shared = group` sets the modes of files in dvc",
  },
];
