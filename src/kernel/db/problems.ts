import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  database_unreachable: {
    kind: "unavailable",
    when: "The database cannot be opened or reached.",
    next: "Check the path or the URL, the permissions and the space left on the disk.",
  },
  database_newer: {
    kind: "conflict",
    when: "The database was migrated by a newer Gyre than the one that is starting.",
    next: "Start the newer Gyre, or restore a backup made before the upgrade.",
  },
});
