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
});
