import type { FlagStyle, Pipeline } from "#pipelines/definition";

import type { LockFile } from "../formats/lock-file.ts";
import type { SourceTree } from "./source-tree.ts";
import type { TrackedStage } from "./stages.ts";

/** Everything a repository tracks, in the order of its files. */
export interface Project {
  readonly stages: readonly TrackedStage[];
  readonly pipelines: readonly Pipeline[];
  /** The lock file of each `dvc.yaml`, by the path of the latter. */
  readonly locks: ReadonlyMap<string, LockFile>;
}

export interface ProjectOptions {
  /** A folder that is not looked into. */
  readonly except?: string | undefined;
  readonly flags?: FlagStyle;
}

/** Reads every `.dvc` and `dvc.yaml` of a tree. Throws the problems of either. */
export async function loadProject(
  tree: SourceTree,
  { flags, except }: ProjectOptions = {},
): Promise<Project> {
  const stages: TrackedStage[] = [];
  const pipelines: Pipeline[] = [];
  const locks = new Map<string, LockFile>();
  const data = new Set<string>();
  const add = (read: readonly TrackedStage[]): void => {
    stages.push(...read);
    for (const stage of read) for (const out of stage.outs) data.add(out.path);
  };
  await tree.listDvcFiles(
    (folder) => data.has(folder) || folder === except,
    async (file) => {
      // What reads YAML costs its start, what reads pipelines more: who has neither goes without.
      if (file.endsWith(".dvc")) {
        const { readSingleStage } = await import("./single-stage.ts");
        return add([readSingleStage(file, tree.readText(file) ?? "")]);
      }
      const { readPipelineFile } = await import("./pipeline-file.ts");
      const { pipeline, lock, stages: read } = await readPipelineFile(tree, file, flags);
      pipelines.push(pipeline);
      locks.set(file, lock);
      add(read);
    },
  );
  return { stages, pipelines, locks };
}
