import { createReadStream } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { Problem } from "#kernel/errors";

import { placeOfOwner } from "./destination.ts";
import { problems } from "./problems.ts";
import type { OwnerRecord } from "./records.ts";
import type { SkippedFile, SourceFile, SourceFiles } from "./source.ts";

/**
 * Reads files below one folder, the one a person named, and nowhere else: an address in the database may
 * say where in it, never that it is another. Links are not followed.
 */
export async function createFolderFiles(folder: string): Promise<SourceFiles> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw new Problem(problems.import_source_unreadable, {
      message: `The folder ${folder} cannot be read.`,
      next: "Name the folder that holds the artifacts: mlruns or mlartifacts, or what the old server was given.",
      cause: error,
    });
  });

  async function* list(
    owner: OwnerRecord,
    experimentId: string,
    artifactUri: string,
  ): AsyncIterable<SourceFile | SkippedFile> {
    for (const place of placesOf(owner, experimentId, artifactUri, root)) {
      if (!(await isFolderBelow(root, place))) continue;
      yield* walk(place, "");
      return;
    }
  }

  return {
    whyNot(_owner, _experimentId, artifactUri) {
      const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(artifactUri)?.[1]?.toLowerCase();
      const isLocal = scheme === undefined || scheme === "file" || scheme === "mlflow-artifacts";
      return isLocal ? undefined : `they stay at ${scheme}://, whose address is kept for the clients`;
    },
    list,
  };
}

/** Where the files can be: at their address, if that is in the folder, or at the usual place in it. */
function placesOf(
  owner: OwnerRecord,
  experimentId: string,
  artifactUri: string,
  root: string,
): readonly string[] {
  const usual = join(root, ...placeOfOwner(owner, experimentId));
  return [placeOf(artifactUri, root), usual].filter((place) => place !== undefined);
}

function placeOf(artifactUri: string, root: string): string | undefined {
  const served = /^mlflow-artifacts:\/(?:\/[^/]*\/)?(.*)$/.exec(artifactUri)?.[1];
  if (served !== undefined) return join(root, served);
  const path = artifactUri.startsWith("file:") ? pathOfUrl(artifactUri) : artifactUri;
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

function pathOfUrl(url: string): string | undefined {
  try {
    return fileURLToPath(url.replace(/^file:(?!\/\/)/, "file://"));
  } catch {
    return undefined;
  }
}

async function isFolderBelow(root: string, place: string): Promise<boolean> {
  const real = await realpath(place).catch(() => undefined);
  if (real === undefined || !(await lstat(real)).isDirectory()) return false;
  const inside = relative(root, real);
  return inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

async function* walk(folder: string, prefix: string): AsyncIterable<SourceFile | SkippedFile> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const [full, path] = [join(folder, entry.name), `${prefix}${entry.name}`];
    if (entry.isDirectory()) yield* walk(full, `${path}/`);
    else if (!entry.isFile()) yield { path, why: "it is a link or no plain file" };
    else {
      const { size } = await lstat(full);
      yield { path, sizeBytes: size, open: () => createReadStream(full, { highWaterMark: 1024 * 1024 }) };
    }
  }
}
