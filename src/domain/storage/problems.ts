import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  store_shared: {
    kind: "conflict",
    when: "Garbage is to be collected in a bucket or folder that another server's database refers to as well: only that database knows what it refers to.",
    next: "Give each server a prefix of its own, or all of them one PostgreSQL database; of a server that is gone for good, remove its record below records/databases.",
  },
  store_known_too_short: {
    kind: "conflict",
    when: "Garbage is to be collected in a bucket or folder that this database has been known in for less than the grace: another server that refers to it may not have said so yet.",
    next: "Wait until the time named in the message; look meanwhile with `gyre gc --dry-run`.",
  },
});
