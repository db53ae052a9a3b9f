import { z } from "zod";

import { checkArtifactPath } from "#tracking";

import type { OwnerRecord } from "./records.ts";
import type { ServerCalls } from "./server-source.ts";
import type { SkippedFile, SourceFile, SourceFiles } from "./source.ts";

const service = "/api/2.0/mlflow-artifacts/artifacts";
const listing = z.object({
  files: z
    .array(
      z.object({
        path: z.string(),
        is_dir: z.boolean().default(false),
        file_size: z.coerce.number().default(0),
      }),
    )
    .default([]),
});

/** The files that a server hands out itself. Addresses of buckets are never opened. */
export function createServerFiles(calls: ServerCalls): SourceFiles {
  async function* walk(root: string, folder: string): AsyncIterable<SourceFile | SkippedFile> {
    const place = folder === "" ? root : `${root}/${folder}`;
    const { files } = await calls.get(`${service}?path=${encodeURIComponent(place)}`, listing);
    for (const file of files) {
      const path = folder === "" ? file.path : `${folder}/${file.path}`;
      checkArtifactPath(path);
      if (file.is_dir) yield* walk(root, path);
      else yield { path, sizeBytes: file.file_size, open: () => fetched(`${root}/${path}`) };
    }
  }

  async function* fetched(place: string): AsyncIterable<Uint8Array> {
    const answer = await calls.download(`${service}/${place.split("/").map(encodeURIComponent).join("/")}`);
    if (answer.body !== null) yield* answer.body;
  }

  const rootOf = (artifactUri: string): string | undefined =>
    /^mlflow-artifacts:\/(?:\/[^/]*\/)?(.+)$/.exec(artifactUri)?.[1];

  return {
    whyNot: (_owner: OwnerRecord, _experimentId, artifactUri) =>
      rootOf(artifactUri) === undefined
        ? "the server does not hand them out; their address is kept for the clients"
        : undefined,
    async *list(_owner, _experimentId, artifactUri) {
      const root = rootOf(artifactUri);
      if (root !== undefined) yield* walk(root, "");
    },
  };
}
