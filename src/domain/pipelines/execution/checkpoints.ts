import { putTree } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";

import type { Stage } from "../definition/stages.ts";
import { findCheckpoint, saveCheckpoint } from "../store/checkpoints.ts";
import type { ExecutionParts, OpenExecution } from "./parts.ts";

/** The keeping of a step's checkpoint folder while it runs. */
export interface Checkpointing {
  save(): Promise<void>;
  stop(): void;
}

// A machine that is gone without a word costs no more than this much work beyond the step's own interval.
const saveEveryMs = 15_000;

/** Stores the checkpoint folder of a running step every now and then; `save` does it once more at the end. */
export function keepCheckpoints(
  parts: ExecutionParts,
  execution: OpenExecution,
  stage: Stage,
  cacheKey: Digest,
): Checkpointing {
  const { checkpoint } = stage.settings;
  if (checkpoint === null) return { save: async () => {}, stop: () => {} };
  let last: Digest | undefined;
  let saving = Promise.resolve();
  const save = async (): Promise<void> => {
    const digest = await execution.workspace.storeFolder(checkpoint);
    if (digest === undefined || digest === last) return;
    const { project } = execution;
    await execution.write(() =>
      saveCheckpoint(parts.db, { project, cacheKey, digest, nowMs: parts.clock.nowMs() }),
    );
    last = digest;
  };
  const saveInTurn = async (): Promise<void> => {
    saving = saving.then(save).catch((error: unknown) => {
      // The step goes on; a file that is written while it is read is whole the next time.
      parts.log.warn("a checkpoint could not be kept", { stage: stage.name, error });
    });
    await saving;
  };
  const timer = setInterval(() => void saveInTurn(), saveEveryMs);
  timer.unref();
  return { save: saveInTurn, stop: () => clearInterval(timer) };
}

/** Gives an attempt the checkpoint of the one before, also of an earlier execution that stopped there. */
export async function restoreCheckpoint(
  parts: ExecutionParts,
  execution: OpenExecution,
  stage: Stage,
  cacheKey: Digest,
): Promise<void> {
  const { checkpoint } = stage.settings;
  if (checkpoint === null) return;
  const digest = await findCheckpoint(parts.db, execution.project, cacheKey);
  if (digest !== undefined) await execution.workspace.restoreFolder(checkpoint, digest);
}

/** Stores what a killed server left of a checkpoint, before the folder of its execution is built anew. */
export async function rescueCheckpoint(
  parts: Pick<ExecutionParts, "db" | "blobs" | "clock" | "log">,
  left: {
    readonly project: string;
    readonly cacheKey: Digest;
    readonly folder: string;
    write(work: () => Promise<void>): Promise<void>;
  },
): Promise<void> {
  try {
    const { digest, files } = await putTree(parts.blobs, left.folder);
    if (files.length === 0) return;
    const { project, cacheKey } = left;
    await left.write(() =>
      saveCheckpoint(parts.db, { project, cacheKey, digest, nowMs: parts.clock.nowMs() }),
    );
  } catch (error) {
    // Usually there is none: the step begins from what was kept before, or anew.
    parts.log.debug("no checkpoint was left behind", { folder: left.folder, error });
  }
}
