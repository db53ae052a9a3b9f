import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  yaml_invalid: {
    kind: "invalid",
    when: "A YAML file breaks YAML's syntax or its own grammar: an unknown key, a missing one, a value of the wrong type.",
    next: "Mend the file at the line and column given; every error of the file is listed at once.",
  },
  yaml_not_editable: {
    kind: "invalid",
    when: "A single value is to be written into a YAML file at a place that cannot hold it.",
    next: "Edit the file by hand.",
  },
});
