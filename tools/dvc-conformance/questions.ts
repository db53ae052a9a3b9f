/** What both programs are asked. */
export interface Question {
  readonly words: readonly string[];
  /** Compared as values, not as text; of plots which there are, as each program draws in its own way. */
  readonly isJson: boolean;
  /** Whether what it leaves in the repository is compared byte by byte. */
  readonly leaves?: boolean;
}

const json = (...words: readonly string[]): Question => ({ words: [...words, "--json"], isJson: true });
const text = (...words: readonly string[]): Question => ({ words, isJson: false });
const deed = (...words: readonly string[]): Question => ({ words, isJson: false, leaves: true });

/** Of a repository as it was cloned, mostly without its data. */
export const askedAsFound: readonly Question[] = [
  text("dag", "--dot"),
  text("dag", "--mermaid"),
  text("dag", "--md", "--outs"),
  text("dag", "--mermaid", "--collapse-foreach-matrix"),
  json("status"),
  json("diff"),
  json("diff", "HEAD~1", "HEAD"),
  json("params", "diff", "--all"),
  json("params", "diff", "HEAD~1"),
  json("metrics", "show"),
  json("metrics", "show", "--all-tags"),
  json("metrics", "diff", "--all"),
  text("repro", "--dry", "--all-pipelines"),
  deed("checkout"),
];

/** Before the stages have run on made data. */
export const askedBeforeRun: readonly Question[] = [
  json("status"),
  text("repro", "--dry", "--all-pipelines"),
];

/** When they have, and the outs were committed to Git with their files. */
export const deedsOfFirstRun: readonly Question[] = [
  deed("repro", "--all-pipelines"),
  json("status"),
  deed("repro", "--all-pipelines"),
];

/** When a source changed and the stages make other bytes. */
export const askedAfterChange: readonly Question[] = [
  json("status"),
  deed("repro", "--all-pipelines"),
  json("status"),
  json("diff"),
  json("metrics", "show"),
  json("metrics", "diff"),
  json("params", "diff"),
  json("plots", "show"),
  json("plots", "diff"),
];

/** When every out is gone from the work tree. */
export const deedsWithoutOuts: readonly Question[] = [
  deed("checkout"),
  deed("push", "-r", "beside"),
  deed("gc", "--workspace", "--force"),
];

/** When the cache is gone as well. */
export const deedsWithoutCache: readonly Question[] = [
  deed("fetch", "-r", "beside"),
  deed("pull", "-r", "beside"),
];
