import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  study_not_found: {
    kind: "not_found",
    when: "A study is asked for by a name or an id that does not exist.",
    next: "List the studies with: gyre study list",
  },
  study_not_declared: {
    kind: "not_found",
    when: "A study is started by a name that gyre.yaml does not declare under studies:, and without a space of its own.",
    next: "Declare it under studies: in gyre.yaml and apply, or give --space and --maximize.",
  },
  study_invalid: {
    kind: "invalid",
    when: "A study is asked for whose space, objectives or options contradict each other.",
    next: "Mend what the message names; the notation is: float(0, 1), log(1e-5, 1e-1), int(2, 12), choice(a, b)",
  },
  study_parameter_unused: {
    kind: "invalid",
    when: "A study searches over a parameter that no stage of its trials depends on, so every value would give the same.",
    next: "List the parameter under params: of the stage that reads it, or take it out of the space.",
  },
  study_is_running: {
    kind: "conflict",
    when: "A study is resumed that has not ended.",
    next: "Wait for its end, or stop it first with: gyre study stop",
  },
  study_complete: {
    kind: "conflict",
    when: "A study is resumed that has had all its trials.",
    next: "Give it more with: gyre study resume NAME --trials N",
  },
  objective_missing: {
    kind: "failed",
    when: "A trial ended well, but neither a metrics file nor a run of its steps holds the metric the study is about.",
    next: "Write the metric into a file under metrics: of a stage, or log it to the step's run with mlflow.",
  },
  sampler_failed: {
    kind: "unavailable",
    when: "The program that asks Optuna for the next parameters ended, or answered what nobody understands.",
    next: "Look into the server's log; the study goes on by itself. Grid and random need no Python.",
  },
  study_given_up: {
    kind: "failed",
    when: "The work on a study was begun again and again, and failed each time.",
    next: "Look into the server's log for the reason, then go on with: gyre study resume",
  },
});
