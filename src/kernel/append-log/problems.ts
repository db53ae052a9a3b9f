import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  log_in_use: {
    kind: "conflict",
    when: "A second process opens an append log under the name of a writer that still lives.",
    next: "Give each process its own writer name, or end the other process first.",
  },
  log_overloaded: {
    kind: "unavailable",
    when: "Records arrive faster than the disk takes them and the waiting ones fill their allowance.",
    next: "Send more slowly, sample the records, or put the log on a faster disk.",
  },
  log_closed: {
    kind: "unavailable",
    when: "A record is appended to a log that is closing.",
    next: "Send the record again; it goes to the process that took over.",
  },
});
