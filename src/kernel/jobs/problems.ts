import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  job_not_found: {
    kind: "not_found",
    when: "A background job is named that does not exist, or whose record was removed after its time.",
    next: "List the jobs to find the right id.",
  },
  job_lease_lost: {
    kind: "conflict",
    when: "A worker wants to finish a job that was cancelled or that another worker took over.",
    next: "Nothing: the worker that holds the job now finishes it.",
  },
  job_timed_out: {
    kind: "failed",
    when: "A background job took longer than its kind allows.",
    next: "Look at what it worked on; then retry it.",
  },
});
