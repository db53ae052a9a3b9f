import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  model_version_not_found: {
    kind: "not_found",
    when: "A model version is named that does not exist.",
    next: "List what there is with `gyre models`.",
  },
  model_alias_invalid: {
    kind: "invalid",
    when: "An alias is empty, longer than 255 characters, or looks like a number or `latest`.",
    next: "Use letters, digits, underscores and dashes, such as `champion`.",
  },
  model_not_found: {
    kind: "not_found",
    when: "A registered model is named that does not exist.",
    next: "List the models with `gyre models`, or register it first.",
  },
  model_exists: {
    kind: "conflict",
    when: "A model is registered, or renamed, to a name that is taken.",
    next: "Choose another name, or add a version to the model there is.",
  },
  model_kept: {
    kind: "conflict",
    when: "A version that a project's pipeline made, or a model with such versions, is to be deleted or renamed.",
    next: "Leave it: releases and predictions refer to it. Point the alias at another version instead.",
  },
  model_page_unknown: {
    kind: "invalid",
    when: "A search of models is continued with a page token that it did not give.",
    next: "Begin the search again without a page token.",
  },
  model_search_invalid: {
    kind: "invalid",
    when: "A search of models is ordered by the same field twice.",
    next: "Name each field once.",
  },
  model_alias_not_found: {
    kind: "invalid",
    when: "A model is asked for by an alias that none of its versions has.",
    next: "Look at the aliases of the model, or point this one at a version.",
  },
  model_stage_invalid: {
    kind: "invalid",
    when: "A version is given a stage that does not exist, or one whose other versions cannot be archived.",
    next: "Use None, Staging, Production or Archived; only Staging and Production can archive the others.",
  },
  model_label_invalid: {
    kind: "invalid",
    when: "A tag of a model or a version has a name or a value that cannot be kept.",
    next: "Use letters, digits and `_ - . space : /` in at most 250 characters; values have at most 100,000.",
  },
  model_files_missing: {
    kind: "failed",
    when: "A pipeline finished and the folder that `model.path` names holds no model.",
    next: "Make the last stage write an MLflow model folder or an .onnx file there, or correct `model.path` in gyre.yaml.",
  },
  model_not_convertible: {
    kind: "failed",
    when: "The conversion of a model to ONNX failed.",
    next: "Read the last lines of the conversion; add skl2onnx and onnx to the requirements, or use steps it can convert.",
  },
  project_has_no_folder: {
    kind: "conflict",
    when: "Files of a project are needed, and the server knows no folder of it on its machine.",
    next: "Run `gyre apply` in the project's folder on the machine of the server.",
  },
  baseline_invalid: {
    kind: "invalid",
    when: "The baseline rule has a mistake: an unknown key, a wrong type, or a label it does not list.",
    next: "Correct the line the message names; docs/reference/baseline.md has the grammar.",
  },
  baseline_missing: {
    kind: "not_found",
    when: "The baseline rule that the charter names does not exist.",
    next: "Write the file that `objective.baseline` in gyre.yaml names.",
  },
});
