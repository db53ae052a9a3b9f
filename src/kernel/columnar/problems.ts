import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  analyst_died: {
    kind: "unavailable",
    when: "The process that runs queries over tables ended in the middle of one.",
    next: "Try again: a new one starts by itself. If it happens again, give the query less data or the machine more memory.",
  },
  query_failed: {
    kind: "failed",
    when: "A query over tables was refused or failed.",
    next: "Check that the files it reads are complete and have the columns it names.",
  },
  query_out_of_memory: {
    kind: "unavailable",
    when: "A query needed more memory than the analyst may use.",
    next: "Raise the analyst's memory limit, or query fewer rows or columns.",
  },
  query_timed_out: {
    kind: "unavailable",
    when: "A query took longer than its caller allowed.",
    next: "Try again when the machine is less busy, or query fewer rows or columns.",
  },
  result_too_large: {
    kind: "too_large",
    when: "A query gave more rows than may travel between the processes.",
    next: "Aggregate in the query, add a limit, or write the result to a file with `copy`.",
  },
});
