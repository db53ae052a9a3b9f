import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  encoding_unknown: {
    kind: "invalid",
    when: "The body of a request is packed in another way than gzip.",
    next: "Send it as plain JSON, or with Content-Encoding: gzip.",
  },
  lineage_endpoint_not_found: {
    kind: "not_found",
    when: "An endpoint for lineage is asked for by an id that does not exist.",
    next: "List them with: GET /api/v1/lineage/endpoints",
  },
  lineage_endpoint_invalid: {
    kind: "invalid",
    when: "An endpoint for lineage lacks a name or a namespace, or has one that is too long.",
    next: "Give it a short name, and a namespace such as gyre.",
  },
  lineage_not_taken: {
    kind: "unavailable",
    when: "An endpoint for lineage did not take an event: it could not be reached, or answered that it cannot now.",
    next: "Nothing is lost: it is sent again for a day. Look at the endpoint, and at what waits for it in GET /api/v1/lineage/endpoints.",
  },
});
