import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  folder_refused: {
    kind: "forbidden",
    when: "A folder of the server's machine is applied by somebody who is not that machine's user.",
    next: "Run `gyre apply` on the server's machine, or send the charter and the data over the API.",
  },
  folder_without_project: {
    kind: "not_found",
    when: "A folder is applied that holds no gyre.yaml.",
    next: "Go to the project's folder, or begin one with `gyre new`.",
  },
});
