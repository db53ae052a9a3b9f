import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  mlflow_request_invalid: {
    kind: "invalid",
    when: "A request of an MLflow client lacks a parameter or has one of the wrong form.",
    next: "Correct the parameter named; the MLflow REST API describes it.",
  },
  mlflow_endpoint_unknown: {
    kind: "not_found",
    when: "An MLflow client called a route that this server does not have.",
    next: "Use a route of MLflow's tracking, artifact or registry API; see the reference for those served.",
  },
  mlflow_artifact_place_unknown: {
    kind: "not_found",
    when: "An artifact address names no run or logged model of its experiment.",
    next: "Use the artifact address the server gave for the run or the model.",
  },
  mlflow_permit_invalid: {
    kind: "forbidden",
    when: "An address for a part of an upload or a download was changed, has ended, or is from before a restart.",
    next: "Begin the upload again, or ask for a new address of the download.",
  },
  mlflow_model_source_refused: {
    kind: "invalid",
    when: "A model version was to be made from a local path, or from an address that hides a step to another place.",
    next: "Log the model to a run of this server first, then register it from `runs:/` or `models:/`.",
  },
  mlflow_model_source_absent: {
    kind: "not_found",
    when: "A model version was to be made from a logged model or a version that does not exist.",
    next: "Look at the logged models of the experiment, or at the versions of the model, and name one of them.",
  },
});
