import type { LoopParts } from "./parts.ts";

/**
 * A new usable version of a data set runs the pipelines that wait for it: the triggers of kind `data` that
 * a project has been given. The execution uses that very version, whatever arrives meanwhile; a version
 * in quarantine runs nothing.
 */
export function newDataRunsPipelines({ ledger, pipelines }: LoopParts): void {
  ledger.on("new-data-runs-pipelines", ["dataset_version.created"], async (event) => {
    if (event.project === null || event.data.state !== "usable") return;
    await pipelines.triggers.dataArrived({
      project: event.project,
      dataset: event.data.dataset,
      version: event.subject,
    });
  });
}
