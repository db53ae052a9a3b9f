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
    "artifact.deleted": { readonly path: string; readonly files: number };
  }
}

export type RunEndStatus = "finished" | "failed" | "killed";
