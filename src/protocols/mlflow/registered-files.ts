import { Readable } from "node:stream";

import type { Blobs } from "#kernel/blobs";
import { Problem } from "#kernel/errors";
import { sendBlob } from "#kernel/http";
import type { ArtifactEntry } from "#tracking";

import type { Caller } from "./calls.ts";
import { problems } from "./problems.ts";
import type { RegistryForMlflow } from "./registry-for-mlflow.ts";

interface PlaceInVersion {
  readonly versionId: string;
  readonly path: string;
}

/** The files of registered versions, as the artifact service hands them out: by content, and only to read. */
export interface RegisteredFiles {
  send(reply: Parameters<typeof sendBlob>[0], place: PlaceInVersion, caller: Caller): Promise<unknown>;
  list(place: PlaceInVersion, caller: Caller): Promise<readonly ArtifactEntry[]>;
}

export function createRegisteredFiles(
  registry: Pick<RegistryForMlflow, "filesOf">,
  blobs: Pick<Blobs, "read">,
): RegisteredFiles {
  return {
    async send(reply, { versionId, path }, caller) {
      const { project, files } = await registry.filesOf(versionId);
      await caller.allow(project);
      const file = files.find((one) => one.path === path);
      if (file === undefined) {
        throw new Problem(problems.mlflow_artifact_place_unknown, {
          message: `The model version has no file ${JSON.stringify(path.slice(0, 200))}.`,
        });
      }
      const { digest, sizeBytes } = file;
      return await sendBlob(reply, {
        digest,
        sizeBytes,
        fileName: path.split("/").at(-1) ?? path,
        open: (range) =>
          Readable.from(
            blobs.read(
              digest,
              range === undefined ? undefined : { offset: range.start, length: range.end - range.start + 1 },
            ),
          ),
      });
    },
    async list({ versionId, path }, caller) {
      const { project, files } = await registry.filesOf(versionId);
      await caller.allow(project);
      return entriesIn(files, path);
    },
  };
}

/** What lies directly in a folder, by name. */
function entriesIn(
  files: readonly { readonly path: string; readonly digest: string; readonly sizeBytes: number }[],
  folder: string,
): readonly ArtifactEntry[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  const entries = new Map<string, ArtifactEntry>();
  for (const { path, digest, sizeBytes } of files.filter((file) => file.path.startsWith(prefix))) {
    const [name = "", ...below] = path.slice(prefix.length).split("/");
    const isFolder = below.length > 0;
    entries.set(name, {
      path: `${prefix}${name}`,
      isFolder,
      sizeBytes: isFolder ? null : sizeBytes,
      digest: isFolder ? null : digest,
    });
  }
  return [...entries.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
