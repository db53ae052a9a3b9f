import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { materialiseTree, putTree, readTree } from "#kernel/blobs";
import type { Blobs, TreeFile } from "#kernel/blobs";

import { createPathSet } from "../definition/path-set.ts";
import type { PathSet } from "../definition/path-set.ts";
import type { Stage } from "../definition/stages.ts";
import type { StepOut } from "../entities.ts";
import { isLeftover } from "../planning/ignore.ts";
import type { OpenExecution } from "./parts.ts";

/**
 * The files that travel with a step: the project's, and of what the pipeline makes only what the step depends
 * on, or goes on from. Other steps may be writing theirs at this moment.
 */
export async function listInputs(
  blobs: Blobs,
  execution: Pick<OpenExecution, "plan" | "workspace">,
  stage: Stage,
): Promise<readonly TreeFile[]> {
  const made = madePaths(execution.plan);
  const needed = createPathSet([
    ...stage.deps,
    ...stage.outs.filter((out) => out.persist).map((out) => out.path),
  ]);
  const { checkpoint } = stage.settings;
  const tree = await putTree(blobs, execution.workspace.folder, {
    statCachePath: join(dirname(execution.workspace.folder), "travelled.json"),
    ignore(found) {
      const isFolder = found.endsWith("/");
      const path = isFolder ? found.slice(0, -1) : found;
      if (isLeftover(path.slice(path.lastIndexOf("/") + 1))) return true;
      if (checkpoint !== null && (path === checkpoint || path.startsWith(`${checkpoint}/`))) return true;
      return made.covers(path) && !needed.covers(path) && !(isFolder && needed.leadsTo(path));
    },
  });
  return tree.files;
}

const known = new WeakMap<OpenExecution["plan"], PathSet>();

function madePaths(plan: OpenExecution["plan"]): PathSet {
  const found =
    known.get(plan) ?? createPathSet(plan.steps.flatMap(({ stage }) => stage.outs.map((out) => out.path)));
  known.set(plan, found);
  return found;
}

/** Writes what came back in place of what is there. */
export async function takeBack(
  blobs: Blobs,
  folder: string,
  stage: Stage,
  outs: readonly Pick<StepOut, "path" | "digest" | "isFolder">[],
): Promise<void> {
  for (const { path } of stage.outs)
    await rm(join(folder, path), { recursive: true, force: true, maxRetries: 3 });
  for (const { path, digest, isFolder } of outs) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    if (isFolder) await materialiseTree(blobs, await readTree(blobs, digest), target);
    else await blobs.materialise(digest, target);
  }
}
