import { streamBlob } from "#kernel/blobs";
import type { Blobs } from "#kernel/blobs";
import { Problem } from "#kernel/errors";
import { sendBlob } from "#kernel/http";
import { checkArtifactPath } from "#tracking";
import type { ArtifactEntry, ArtifactFile } from "#tracking";

import { ofModel } from "./calls.ts";
import type { Caller } from "./calls.ts";
import { problems } from "./problems.ts";
import type { RegistryForMlflow } from "./registry-for-mlflow.ts";

interface PlaceInVersion {
  readonly versionId: string;
  readonly path: string;
}

/** The files of registered versions, as the artifact service hands them out: by content, and only to read. */
export interface RegisteredFiles {
  /** Throws `mlflow_artifact_place_unknown`. */
  find(place: PlaceInVersion, caller: Caller): Promise<ArtifactFile>;
  sendOf(
    reply: Parameters<typeof sendBlob>[0],
    version: { readonly name: string; readonly number: number; readonly path: string },
    caller: Caller,
  ): Promise<unknown>;
  send(reply: Parameters<typeof sendBlob>[0], place: PlaceInVersion, caller: Caller): Promise<unknown>;
  list(place: PlaceInVersion, caller: Caller): Promise<readonly ArtifactEntry[]>;
}

export function createRegisteredFiles(
  registry: Pick<RegistryForMlflow, "filesOf" | "filesOfVersion">,
  blobs: Pick<Blobs, "read">,
): RegisteredFiles {
  const send = async (reply: Parameters<typeof sendBlob>[0], { digest, sizeBytes, path }: ArtifactFile) =>
    await sendBlob(reply, {
      digest,
      sizeBytes,
      fileName: path,
      open: (range) => streamBlob(blobs, digest, range),
    });

  const find: RegisteredFiles["find"] = async ({ versionId, path }, caller) => {
    const { files, ...model } = await registry.filesOf(versionId);
    await caller.allow(ofModel(model));
    return fileIn(files, path);
  };

  return {
    find,
    send: async (reply, place, caller) => await send(reply, await find(place, caller)),
    async sendOf(reply, { name, number, path }, caller) {
      checkArtifactPath(path);
      const { files, ...model } = await registry.filesOfVersion(name, number);
      await caller.allow(ofModel(model));
      return await send(reply, fileIn(files, path));
    },
    async list({ versionId, path }, caller) {
      const { files, ...model } = await registry.filesOf(versionId);
      await caller.allow(ofModel(model));
      return entriesIn(files, path);
    },
  };
}

function fileIn(files: readonly ArtifactFile[], path: string): ArtifactFile {
  const file = files.find((one) => one.path === path);
  if (file !== undefined) return file;
  throw new Problem(problems.mlflow_artifact_place_unknown, {
    message: `The model version has no file ${JSON.stringify(path.slice(0, 200))}.`,
  });
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
