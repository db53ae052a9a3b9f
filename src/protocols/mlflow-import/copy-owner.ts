import { copyFiles } from "./copy-files.ts";
import type { FileCopy } from "./copy-files.ts";
import type { OwnerRecord } from "./records.ts";
import { skip } from "./report.ts";
import type { ImportReport } from "./report.ts";
import type { Located } from "./source.ts";

/** The number of an experiment, there and here. */
export interface Numbers {
  readonly from: string;
  readonly to: string;
}

/** Files in a bucket stay there: the clients that can reach it go on doing so. */
export function withAddress<Entry>({ artifactUri, ...entry }: Located<Entry>) {
  const isForeign = /^(?!file:|mlflow-artifacts:)[A-Za-z][A-Za-z0-9+.-]+:\/\//.test(artifactUri);
  return { ...entry, ...(isForeign ? { artifactLocation: artifactUri } : {}) };
}

/** Copies the files of a run, a logged model or a trace; without a folder to copy from, that is counted. */
export async function copyOwner(
  report: ImportReport,
  copy: FileCopy | undefined,
  of: { readonly owner: OwnerRecord; readonly experiment: Numbers; readonly artifactUri: string },
): Promise<void> {
  if (copy === undefined) {
    const why = "no folder of artifacts was named (--artifacts)";
    return skip(report, "artifact roots", why, { example: of.artifactUri });
  }
  const { from: experimentId, to: ownExperimentId } = of.experiment;
  await copyFiles(copy, { owner: of.owner, artifactUri: of.artifactUri, experimentId, ownExperimentId });
}
