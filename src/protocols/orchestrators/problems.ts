import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  pipeline_empty: {
    kind: "invalid",
    when: "A pipeline without stages is to be exported.",
    next: "Write the stages into dvc.yaml first.",
  },
  export_too_large: {
    kind: "invalid",
    when: "A pipeline has so many stages that the orchestrator would refuse its definition as too large.",
    next: "Export it to Airflow, which has no such limit, or have one task of your own start all stages over HTTP.",
  },
  flow_stage_exists: {
    kind: "conflict",
    when: "A flow is to become a stage whose name is taken in the pipeline file.",
    next: "Choose another with --stage, or take the old one out of the file first.",
  },
  flow_target_unreadable: {
    kind: "invalid",
    when: "The pipeline file or the file of parameters, to which a flow is to be added, is not what it must be.",
    next: "Mend the file, then try again.",
  },
  flow_unreadable: {
    kind: "invalid",
    when: "A file does not hold exactly one Metaflow flow, or cannot be read as Python.",
    next: "Name a file with one class that derives from FlowSpec, and whose parameters have plain defaults.",
  },
});
