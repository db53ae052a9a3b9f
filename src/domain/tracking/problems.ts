import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  tracking_value_invalid: {
    kind: "invalid",
    when: "A name, value or number sent for a run is not one that can be kept.",
    next: "Correct the value named in the message.",
  },
  run_filter_invalid: {
    kind: "invalid",
    when: "A search filter or ordering cannot be read.",
    next: "Write `metrics.accuracy > 0.9 and params.depth = '3'`; text in quotes, `and` between conditions.",
  },
  experiment_not_found: {
    kind: "not_found",
    when: "No experiment has this id or name.",
    next: "List the experiments, or create one.",
  },
  experiment_exists: {
    kind: "conflict",
    when: "An experiment of this name exists, perhaps deleted: names stay reserved.",
    next: "Use another name, or restore the deleted experiment.",
  },
  experiment_not_active: {
    kind: "conflict",
    when: "The experiment was deleted.",
    next: "Restore the experiment first.",
  },
  run_not_found: {
    kind: "not_found",
    when: "No run has this id.",
    next: "List the runs of the project.",
  },
  run_not_active: {
    kind: "conflict",
    when: "The run is deleted (or, for a restoration, active).",
    next: "Restore the run first.",
  },
  param_immutable: {
    kind: "conflict",
    when: "A parameter of a run was sent again with another value.",
    next: "Parameters do not change: start another run, or use a tag.",
  },
  run_tag_not_found: {
    kind: "not_found",
    when: "A tag to be deleted is not there.",
    next: "List the tags; there may be nothing left to do.",
  },
  logged_model_not_found: {
    kind: "not_found",
    when: "No logged model has this id.",
    next: "List the logged models of the experiment.",
  },
  artifact_not_found: {
    kind: "not_found",
    when: "The run or model has no file at this path.",
    next: "List the artifacts.",
  },
  artifact_path_invalid: {
    kind: "invalid",
    when: "An artifact path is absolute, leaves its folder, or hides such a step in its encoding.",
    next: "Use a relative path without `..`, backslashes, `%` sequences or control characters.",
  },
  artifact_not_previewed: {
    kind: "invalid",
    when: "A file cannot be shown as a table: it is broken, or not what its name says.",
    next: "Download it, and look at it with a program of its own.",
  },
  run_view_not_found: {
    kind: "not_found",
    when: "No saved view of runs has this id, or it is somebody's own.",
    next: "List the views.",
  },
  run_view_foreign: {
    kind: "forbidden",
    when: "A shared view is changed or deleted by somebody it does not belong to.",
    next: "Save it under a name of your own.",
  },
  artifact_location_refused: {
    kind: "invalid",
    when: "An experiment was given a local path, or an address that hides one, as its artifact location.",
    next: "Leave the location out: the server keeps artifacts itself.",
  },
});
