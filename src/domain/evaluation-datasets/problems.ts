import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  evaluation_dataset_not_found: {
    kind: "not_found",
    when: "No evaluation data set has this id.",
    next: "Search the evaluation data sets.",
  },
  evaluation_record_not_found: {
    kind: "not_found",
    when: "An evaluation data set has no record with this id.",
    next: "List its records; one that was sent with other inputs is another record.",
  },
  evaluation_record_invalid: {
    kind: "invalid",
    when: "A record of an evaluation data set, or a name or tag of one, cannot be kept.",
    next: "Send each record as an object with `inputs`, and `expectations`, `tags` and `source` as objects.",
  },
});
