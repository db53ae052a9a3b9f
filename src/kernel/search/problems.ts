import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  page_token_invalid: {
    kind: "invalid",
    when: "A page token was not made by this search.",
    next: "Start again without a page token.",
  },
});
