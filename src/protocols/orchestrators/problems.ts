import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  pipeline_empty: {
    kind: "invalid",
    when: "A pipeline without stages is to be exported.",
    next: "Write the stages into dvc.yaml first.",
  },
  flow_unreadable: {
    kind: "invalid",
    when: "A file does not hold exactly one Metaflow flow, or cannot be read as Python.",
    next: "Name a file with one class that derives from FlowSpec, and whose parameters have plain defaults.",
  },
});
