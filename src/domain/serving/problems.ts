import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  deployment_not_found: {
    kind: "not_found",
    when: "A deployment is named that does not exist.",
    next: "List what is served with `gyre deployments`.",
  },
  gateway_unavailable: {
    kind: "unavailable",
    when: "The gateway process does not answer; it is being restarted.",
    next: "Try again in a moment; if it stays so, read the server's log.",
  },
  gateway_cannot_start: {
    kind: "failed",
    when: "The gateway process ends while it starts, for instance because its port is taken.",
    next: "Choose another port with --gateway-port, or end the program that holds it.",
  },
  prediction_refused: {
    kind: "invalid",
    when: "The gateway refuses a prediction request that was sent through the server.",
    next: "Correct the field that the message names.",
  },
});
