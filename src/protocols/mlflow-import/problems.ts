import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  import_source_unknown: {
    kind: "invalid",
    when: "What was to be imported is no MLflow database, and no address of an MLflow server.",
    next: "Name the SQLite file, a postgresql:// address of the database, or the http:// address of the server.",
  },
  import_source_unreadable: {
    kind: "invalid",
    when: "The MLflow database or server to be imported cannot be read, or is of a version that is not supported.",
    next: "Bring it to MLflow 2.22 or 3.11 and later with `mlflow db upgrade`, then import again.",
  },
  import_differs: {
    kind: "failed",
    when: "After an import something here is not equal to what is in the source.",
    next: "Read the differences listed; run the import again if the source has changed meanwhile.",
  },
});
