import { createHash } from "node:crypto";

import { z } from "zod";

import { Problem } from "#kernel/errors";
import { checkArtifactPath } from "#tracking";

import { artifactPath, idOfOwner, importPath } from "./destination.ts";
import type { Destination } from "./destination.ts";
import type { OwnerRecord } from "./records.ts";
import { judge, skip } from "./report.ts";
import type { Equality, ImportReport } from "./report.ts";
import type { SourceFile, SourceFiles } from "./source.ts";

const filesSchema = z.object({ files: z.array(z.object({ path: z.string(), digest: z.string() })) });

export interface FileCopy {
  readonly files: SourceFiles;
  readonly report: ImportReport;
  readonly equality: Equality;
  /** Absent: nothing is sent, sizes are counted. */
  readonly destination: Destination | undefined;
}

export interface FileOwner {
  readonly owner: OwnerRecord;
  /** There and here. */
  readonly experimentId: string;
  readonly ownExperimentId: string;
  readonly artifactUri: string;
}

/**
 * Sends the files of one owner that are not here yet with the same bytes, and compares all of them by their
 * digests. Each file is read once, and never held in memory.
 */
export async function copyFiles(copy: FileCopy, of: FileOwner): Promise<void> {
  const { files, report, destination } = copy;
  const why = files.whyNot(of.owner, of.experimentId, of.artifactUri);
  if (why !== undefined) return skip(report, "artifact roots", why, { example: of.artifactUri });
  const digests = new Map<string, string>();
  let before: ReadonlyMap<string, string> | undefined;
  for await (const file of files.list(of.owner, of.experimentId, of.artifactUri)) {
    const refusal = "why" in file ? file.why : whyRefused(file.path);
    if ("why" in file || refusal !== undefined) {
      skip(report, "files", refusal ?? "", {
        example: file.path,
        sizeBytes: "why" in file ? 0 : file.sizeBytes,
      });
      continue;
    }
    report.files.found++;
    report.bytes.found += file.sizeBytes;
    if (destination === undefined) continue;
    before ??= await digestsHere(destination, of.owner);
    const digest = await copyFile(copy, destination, of, file, before.get(file.path));
    if (digest !== undefined) digests.set(file.path, digest);
  }
  if (destination === undefined || digests.size === 0) return;
  const after = await digestsHere(destination, of.owner);
  for (const [path, digest] of digests) {
    const here = after.get(path);
    const name = `${idOfOwner(of.owner)}/${path}`;
    judge(
      copy.equality,
      name,
      here === digest ? undefined : `digest ${digest} there, ${here ?? "no file"} here`,
    );
  }
}

/** Gives the digest the file has there; undefined when it could not be read, which is a difference. */
async function copyFile(
  { report, equality }: FileCopy,
  destination: Destination,
  { owner, ownExperimentId }: FileOwner,
  file: SourceFile,
  known: string | undefined,
): Promise<string | undefined> {
  const reading = createReading(file);
  try {
    if (known !== undefined) {
      for await (const chunk of reading.bytes()) void chunk;
      if (reading.digest() === known) return known;
    }
    await destination.upload(artifactPath(owner, ownExperimentId, file.path), reading.bytes());
  } catch (error) {
    const failure = reading.failure();
    if (failure === undefined) throw error;
    judge(equality, file.path, `it cannot be read there: ${failure}`);
    return undefined;
  }
  report.files.added++;
  report.bytes.added += file.sizeBytes;
  return reading.digest();
}

/** Reads a file, from the beginning each time, and remembers its digest or why it could not be read. */
function createReading(file: SourceFile) {
  let hash = createHash("sha256");
  let failure: string | undefined;
  return {
    async *bytes(): AsyncIterable<Uint8Array> {
      hash = createHash("sha256");
      try {
        for await (const chunk of file.open()) {
          hash.update(chunk);
          yield chunk;
        }
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        throw error;
      }
    },
    digest: () => hash.copy().digest("hex"),
    failure: () => failure,
  };
}

async function digestsHere(
  destination: Destination,
  owner: OwnerRecord,
): Promise<ReadonlyMap<string, string>> {
  const { files } = await destination.post(importPath("files"), filesSchema, { owner });
  return new Map(files.map((file) => [file.path, file.digest]));
}

function whyRefused(path: string): string | undefined {
  try {
    checkArtifactPath(path);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return "their paths are not safe to hand out";
    throw error;
  }
}
