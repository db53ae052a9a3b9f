import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  delivery_not_failed: {
    kind: "not_found",
    when: "A retry is asked for of a delivery that has not failed.",
    next: "List the failed deliveries, GET /api/v1/audit/failures, and name one of them.",
  },
});
