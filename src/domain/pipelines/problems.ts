import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  pipeline_invalid: {
    kind: "invalid",
    when: "The pipeline file, or a parameter file it reads, breaks the grammar.",
    next: "Mend the file at the line and column given, then check it with: gyre check",
  },
  pipeline_missing: {
    kind: "not_found",
    when: "The project names a pipeline file that is not there, or has no pipeline at all.",
    next: "Write the stages into dvc.yaml beside gyre.yaml, or name the file under pipeline: in gyre.yaml.",
  },
  pipeline_cycle: {
    kind: "invalid",
    when: "Stages depend on each other in a ring, so none of them could run first.",
    next: "Let one of the named stages read another file than the ring produces.",
  },
  outputs_overlap: {
    kind: "invalid",
    when: "Two stages produce the same path, or one produces a file within the other's folder.",
    next: "Give each stage paths of its own.",
  },
  dependency_missing: {
    kind: "invalid",
    when: "A stage depends on a path that is not in the project, is no data source and no stage produces.",
    next: "Mend the path under deps, or add the file.",
  },
  parameter_missing: {
    kind: "invalid",
    when: "A stage depends on a parameter, or a run sets one, that its file does not hold.",
    next: "Mend the name, or add the parameter to its file.",
  },
  stage_unknown: {
    kind: "not_found",
    when: "A run or a question names a stage the pipeline does not have.",
    next: "Look at the stages with: gyre why",
  },
  code_file_too_large: {
    kind: "too_large",
    when: "The project folder holds a file of more than 50 MB that nothing declares as data or as a dependency.",
    next: "List it under data: in gyre.yaml, or leave it out with a line in .dvcignore.",
  },
  execution_not_found: {
    kind: "not_found",
    when: "An execution is asked for by an id that does not exist.",
    next: "List the executions with: gyre runs",
  },
  idempotency_key_reused: {
    kind: "conflict",
    when: "An execution is asked for under an idempotency key that stands for other targets or parameters.",
    next: "Use a new key for each new thing to run, and the same one only to ask for the same again.",
  },
  idempotency_key_refused: {
    kind: "invalid",
    when: "The header Idempotency-Key is empty, too long, or there twice.",
    next: "Send one key of at most 200 characters, such as the id of the run that asks.",
  },
  step_not_found: {
    kind: "not_found",
    when: "A step is asked for that its execution does not have.",
    next: "Look at the steps of the execution; only stages it was asked to run have one.",
  },
  output_not_found: {
    kind: "not_found",
    when: "A file is asked for that no step of the execution produced.",
    next: "Look at the outs of the steps of the execution.",
  },
  step_failed: {
    kind: "failed",
    when: "A command of a stage ended with an exit code other than 0, or was ended by a signal.",
    next: "Read the last lines of its log, mend the cause, and run again: finished stages are not repeated.",
  },
  step_timed_out: {
    kind: "failed",
    when: "A stage did not end within its time: one hour, or what meta.gyre.timeout says.",
    next: "Read the last lines of its log; give the stage more time with meta: {gyre: {timeout: 2h}} if it needs it.",
  },
  resources_exceeded: {
    kind: "failed",
    when: "A stage asks for more cores, memory or GPUs than the machine has.",
    next: "Ask for less under meta: {gyre: {resources: …}}, or run it on a larger target.",
  },
  approval_declined: {
    kind: "failed",
    when: "A person declined the question of an approval step.",
    next: "Read the note of the answer; run the pipeline again to ask once more.",
  },
  approval_not_open: {
    kind: "conflict",
    when: "An approval is answered that was answered already, or whose execution has ended.",
    next: "Look at the execution; a question is answered once.",
  },
  approval_not_found: {
    kind: "not_found",
    when: "An answer names a step that asks no question.",
    next: "Look at the execution; its approvals are listed with their steps.",
  },
  approver_not_a_person: {
    kind: "forbidden",
    when: "A service, a token of one or a rule answers the question of an approval step.",
    next: "Let a person answer: the step is there so that somebody looks.",
  },
  step_not_running: {
    kind: "conflict",
    when: "A step is preempted that does not run.",
    next: "Look at the step; only what runs can be asked to make room.",
  },
  secret_not_set: {
    kind: "failed",
    when: "A stage names a secret that the project does not have.",
    next: "Set it with: gyre secret set NAME",
  },
  schedule_invalid: {
    kind: "invalid",
    when: "A schedule has a cron expression or a time zone that cannot be read, or never comes due.",
    next: 'Write five fields, as in "0 3 * * 1-5", and a time zone such as Europe/Berlin.',
  },
  schedule_not_found: {
    kind: "not_found",
    when: "A schedule is named that the project does not have.",
    next: "List them with: gyre schedule",
  },
  trigger_not_found: {
    kind: "not_found",
    when: "A trigger is named that the project does not have.",
    next: "List the triggers of the project.",
  },
  trigger_invalid: {
    kind: "invalid",
    when: "A trigger on new data names no data set, or one on a webhook names one.",
    next: "Name the data set for kind data, and none for kind webhook.",
  },
  trigger_refused: {
    kind: "unauthenticated",
    when: "A call of a trigger brings no token, or another than the trigger's.",
    next: "Send the token in the header Authorization: Bearer …; a lost one is replaced by setting the trigger again.",
  },
  backfill_invalid: {
    kind: "invalid",
    when: "A backfill names no partitions, too many, or a range that cannot be read.",
    next: "Give values, or a range of dates: --from 2026-01-01 --to 2026-01-31.",
  },
  backfill_not_found: {
    kind: "not_found",
    when: "A backfill is asked for by an id that the project does not have.",
    next: "List them with: gyre backfill",
  },
  verification_not_found: {
    kind: "not_found",
    when: "A project has no verification of this id.",
    next: "See those there are with: gyre verify --list",
  },
  verification_invalid: {
    kind: "invalid",
    when: "Cached steps are to be run again in a sample that holds none.",
    next: "Ask for at least one, as in: gyre verify --sample 3",
  },
  secret_name_invalid: {
    kind: "invalid",
    when: "A secret is to have a name that no variable can have, or one that every step's environment holds already.",
    next: "Use letters, digits and underscores, such as API_TOKEN.",
  },
  secret_not_found: {
    kind: "not_found",
    when: "A secret is removed that the project does not have.",
    next: "List them with: gyre secret",
  },
  target_lost_step: {
    kind: "failed",
    when: "A compute target, or the machine of it that a step ran on, went away with the step.",
    next: "Run again: finished stages are not repeated. With meta: {gyre: {retry: {times: 2, on: [lost]}}} the step is tried again by itself.",
  },
  environment_not_portable: {
    kind: "invalid",
    when: "A stage runs at a compute target, and its environment can be made on this machine only.",
    next: "Describe the environment by a requirements file or a uv.lock, or let the stage run here.",
  },
  log_limit: {
    kind: "failed",
    when: "A stage printed more than its log may hold.",
    next: "Print less, or write what is long into a file under outs.",
  },
  output_missing: {
    kind: "failed",
    when: "A stage ended well but did not make a path it declares under outs, metrics or plots.",
    next: "Write the file in the command, or take the path out of the stage.",
  },
  input_missing: {
    kind: "failed",
    when: "A path a stage depends on, or a parameter, is not there when the stage is about to run.",
    next: "Let the stage that makes it declare it under outs.",
  },
  requirements_missing: {
    kind: "invalid",
    when: "The project names a requirements file that is not in its folder.",
    next: "Add the file, or mend python: requirements: in gyre.yaml.",
  },
  execution_given_up: {
    kind: "failed",
    when: "An execution was begun again and again, and its server died or failed each time.",
    next: "Look into the server's log for the reason, then run the pipeline again.",
  },
});
