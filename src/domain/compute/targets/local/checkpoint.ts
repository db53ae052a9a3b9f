import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { materialiseTree, putTree, readTree, requireSafePath } from "#kernel/blobs";

import { updateOpenWork } from "../store.ts";
import type { Work } from "../store.ts";
import { isLeftover } from "./outs.ts";
import type { LocalParts } from "./parts.ts";

const usualEveryMs = 15_000;

/**
 * Brings the checkpoint folder back as an earlier attempt left it, and stores it whenever it has changed and
 * nobody is just writing into it, so that also work whose server is killed goes on from there.
 */
export async function keepCheckpoint(
  parts: LocalParts,
  work: Work,
  root: string,
): Promise<{ finish(): Promise<void> }> {
  const { checkpoint } = work.spec;
  if (checkpoint === null) return { finish: async () => {} };
  const folder = join(root, requireSafePath(checkpoint.path));
  await mkdir(folder, { recursive: true });
  if (checkpoint.restore !== null)
    await materialiseTree(parts.blobs, await readTree(parts.blobs, checkpoint.restore), folder);
  let stored = await stateOf(folder);

  const save = async (): Promise<void> => {
    const before = await stateOf(folder);
    if (before === stored) return;
    const { digest } = await putTree(parts.blobs, folder, { ignore: isLeftover });
    // What changed meanwhile may be half written; the next look takes it.
    if ((await stateOf(folder)) !== before) return;
    await updateOpenWork(parts.db, work.id, { checkpoint: digest });
    stored = before;
  };
  let saving = Promise.resolve();
  const inTurn = async (): Promise<void> => await (saving = saving.then(save));
  const timer = setInterval(() => {
    // A file that is being replaced, or a link, is no reason to disturb the work.
    inTurn().catch((error: unknown) => {
      saving = Promise.resolve();
      parts.log.warn("a checkpoint was not stored", { work: work.id, error });
    });
  }, parts.checkpointEveryMs ?? usualEveryMs);
  timer.unref();
  return {
    async finish() {
      clearInterval(timer);
      await inTurn().catch((error: unknown) => {
        parts.log.warn("the last checkpoint was not stored", { work: work.id, error });
      });
    },
  };
}

/** Sizes and times of all files: a text that differs when one of them does. */
async function stateOf(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const parts = await Promise.all(
    names.map(async (name) => {
      const status = await stat(name, { bigint: true }).catch(() => undefined);
      return status === undefined ? "" : `${name} ${status.size} ${status.mtimeNs} ${status.ino}`;
    }),
  );
  return parts.join("\n");
}
