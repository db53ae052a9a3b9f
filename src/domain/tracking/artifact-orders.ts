import type { Blobs } from "#kernel/blobs";

import { checkArtifactPath } from "./artifact-path.ts";
import type { TrackingCommands } from "./commands.ts";
import type { OrderParts } from "./experiment-orders.ts";
import { deleteArtifactFiles, listArtifactFiles, readArtifactFile, saveArtifact } from "./store/artifacts.ts";

export type ArtifactOrders = Pick<TrackingCommands, "putArtifact" | "deleteArtifacts">;

export function createArtifactOrders(parts: OrderParts & { blobs: Blobs }): ArtifactOrders {
  const { db, ledger, clock, lookups, write, blobs } = parts;
  return {
    async putArtifact(owner, path, bytes) {
      checkArtifactPath(path);
      const target = await lookups.owner(owner);
      // The bytes are durable before the row that names them, and a reader never sees a half-written file.
      const { digest, sizeBytes } = await blobs.put(bytes);
      const file = { path, digest, sizeBytes };
      await write(() => saveArtifact(db, target, { ...file, createdAtMs: clock.nowMs() }));
      return file;
    },
    async deleteArtifacts({ owner, path, actor }) {
      if (path !== "") checkArtifactPath(path);
      const target = await lookups.owner(owner);
      return await write(async () => {
        const file = path === "" ? undefined : await readArtifactFile(db, target.key, path);
        const files = file === undefined ? await listArtifactFiles(db, target.key, path) : [file];
        if (files.length === 0) return 0;
        await deleteArtifactFiles(
          db,
          target.key,
          files.map((one) => one.path),
        );
        const { project } = await lookups.storedExperiment(String(target.experiment));
        const subject = target.key.slice(target.key.indexOf(":") + 1);
        await ledger.append({
          kind: "artifact.deleted",
          subject,
          project,
          actor,
          data: { path, files: files.length },
        });
        return files.length;
      });
    },
  };
}
