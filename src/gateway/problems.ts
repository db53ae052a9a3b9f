import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  model_not_served: {
    kind: "not_found",
    when: "A prediction is asked of a model, or a version of it, that the gateway does not serve.",
    next: "Check the name in the URL; `gyre deployments` lists what is served.",
  },
  model_not_ready: {
    kind: "unavailable",
    when: "The gateway could not open the file of a model that it is to serve.",
    next: "Read the server's log for the reason; the release can be rolled back with `gyre rollback`.",
  },
  prediction_input_invalid: {
    kind: "invalid",
    when: "A prediction request has a wrong field, shape, type or encoding.",
    next: "Send what the model's metadata at GET /v2/models/<name> asks for.",
  },
  prediction_too_large: {
    kind: "too_large",
    when: "A prediction request is larger than 8 MiB or asks for more than 10,000 rows.",
    next: "Split it into smaller requests.",
  },
  prediction_failed: {
    kind: "failed",
    when: "The model failed on a valid request.",
    next: "Look at the gateway's log for the request id; the release can be rolled back with `gyre rollback`.",
  },
  prediction_not_logged: {
    kind: "unavailable",
    when: "The prediction log cannot be written, so no prediction is answered: an answer that is not logged could not be traced.",
    next: "Free space on the disk of the server's folder; the gateway goes on by itself.",
  },
  routing_unreadable: {
    kind: "failed",
    when: "The gateway starts and the routing table in its folder cannot be understood; it serves nothing yet.",
    next: "Start the server, which tells it what to serve.",
  },
  path_unknown: {
    kind: "not_found",
    when: "The gateway has no such path.",
    next: "Use /v2/models/<name>/infer, /invocations, /v2/health/ready or /metrics.",
  },
  method_not_allowed: {
    kind: "invalid",
    when: "A path of the gateway is asked with a method it does not take; the status is 405.",
    next: "Predictions are asked with POST, everything else with GET.",
  },
});
