import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  messages_column_missing: {
    kind: "invalid",
    when: "The file given to the demo lacks a column for the time, airline, text or sentiment.",
    next: "Name the columns created_at, airline, text and sentiment.",
  },
  too_few_messages: {
    kind: "invalid",
    when: "The file given to the demo has too few messages to train on.",
    next: "Give a file with at least some thousand labelled messages to several airlines.",
  },
  no_hand_over: {
    kind: "invalid",
    when: "In the file given to the demo no airline gets clearly fewer complaints than the largest one.",
    next: "Give a file with messages to several airlines whose shares of negative messages differ.",
  },
});
