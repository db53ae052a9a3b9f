declare module "#kernel/events" {
  interface Events {
    "experiment.created": { readonly name: string };
    "experiment.renamed": { readonly name: string };
    "experiment.deleted": { readonly name: string };
    "experiment.restored": { readonly name: string };
    "run.started": { readonly experiment: string; readonly name: string };
    "run.finished": { readonly status: RunEndStatus; readonly metricKeys: number };
    "run.deleted": { readonly name: string };
    "run.restored": { readonly name: string };
    "logged_model.created": { readonly name: string; readonly run: string | null };
    "logged_model.finished": { readonly name: string; readonly status: string };
    "logged_model.deleted": { readonly name: string };
    "run_view.saved": { readonly name: string; readonly isShared: boolean };
    "run_view.deleted": { readonly name: string };
    /** `sourceId`: the number it had where it came from. */
    "experiment.imported": { readonly source: string; readonly name: string; readonly sourceId: string };
    /** A batch: the subject is the experiment, `first` the id of one of them. */
    "runs.imported": { readonly source: string; readonly runs: number; readonly first: string };
    "logged_models.imported": { readonly source: string; readonly models: number; readonly first: string };
    "artifact.deleted": { readonly path: string; readonly files: number };
  }
}

export type RunEndStatus = "finished" | "failed" | "killed";
