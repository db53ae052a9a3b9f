import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  prediction_not_found: {
    kind: "not_found",
    when: "The prediction log of the project has no prediction with this id.",
    next: "Copy the id from `parameters.prediction_id` of an answer of the gateway, of the same project.",
  },
  incident_not_found: {
    kind: "not_found",
    when: "There is no incident with this id in the project.",
    next: "List the incidents with `gyre incidents`.",
  },
  incident_resolved: {
    kind: "conflict",
    when: "An incident that is over is to be resolved again.",
    next: "Open the incident to see how it ended; a new alarm opens a new one.",
  },
  nothing_to_label: {
    kind: "conflict",
    when: "Outcomes are to become labelled rows in a project whose charter names no target and positive class.",
    next: "State `objective.target` and `objective.positive` in gyre.yaml and run `gyre apply`.",
  },
  metric_unknown: {
    kind: "invalid",
    when: "A quality series is asked for a metric that windows do not have.",
    next: "Use one of the metrics named in the message.",
  },
});
