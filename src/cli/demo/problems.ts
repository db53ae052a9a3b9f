import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  demo_broken: {
    kind: "failed",
    when: "The demo's story did not go as it must: a step failed, or did not come about.",
    next: "Read what it says; run it again with `--once --json` and keep the output for a report.",
  },
  demo_data_missing: {
    kind: "not_found",
    when: "The file given to `gyre demo --data` does not exist or cannot be read.",
    next: "Check the path; the file is a CSV with the columns created_at, text, airline and sentiment.",
  },
});
