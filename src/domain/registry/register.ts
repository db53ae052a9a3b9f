import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Blobs } from "#kernel/blobs";
import { canonicalJson, digestOf } from "#kernel/digest";
import { Problem } from "#kernel/errors";

import type { Convert, Converted } from "./onnx/convert.ts";
import type { ModelVersion, Parity, VersionFile } from "./index.ts";
import { compareAnswers } from "./parity.ts";
import { problems } from "./problems.ts";
import { openOnnxModel } from "./runtimes/index.ts";

/** What an execution left, as the registry sees it. */
export interface Leftovers {
  /** The charter's `model.path`, a folder, with or without the last slash. */
  readonly modelPath: string;
  readonly holdoutPath: string;
  /** Path → digest, of every file the execution produced. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** The parts of a version that come from its files. */
export type DescribedFiles = Pick<
  ModelVersion,
  | "kind"
  | "state"
  | "rejection"
  | "files"
  | "digest"
  | "signature"
  | "runnableDigest"
  | "parity"
  | "holdoutDigest"
>;

/**
 * Takes the model an execution left apart: digests, signature, and the ONNX graph with the proof that it
 * answers as the original does. A conversion that disagrees makes a rejected version, not an error: the
 * files and the figures stay to be looked at.
 */
export async function describeModel(
  blobs: Blobs,
  convert: Convert,
  left: Leftovers,
): Promise<DescribedFiles> {
  const files = await modelFiles(blobs, left);
  const folder = await mkdtemp(join(tmpdir(), "gyre-register-"));
  try {
    const modelFolder = join(folder, "model");
    await writeModel(blobs, files, modelFolder);
    const holdout = left.outputs.get(left.holdoutPath);
    if (holdout === undefined) throw missing(left.holdoutPath, "the held-out rows");
    const holdoutFile = join(folder, "holdout.csv");
    await blobs.materialise(holdout, holdoutFile);

    const converted = await convert({ modelFolder, sampleFile: holdoutFile, folder });
    const { signature } = converted;
    const parity = await checkParity(converted);
    const runnable = await blobs.putFile(converted.onnxFile);
    return {
      kind: "onnx",
      state: parity.agrees ? "ready" : "rejected",
      rejection: parity.agrees ? null : disagreement(parity),
      files,
      digest: manifestDigest(files),
      signature,
      runnableDigest: runnable.digest,
      parity,
      holdoutDigest: holdout,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkParity(converted: Converted): Promise<Parity> {
  const model = await openOnnxModel(converted.onnxFile, converted.signature);
  try {
    const answers = await model.score(converted.samples.map((sample) => sample.inputs));
    return compareAnswers(converted.samples, answers);
  } finally {
    await model.close();
  }
}

async function modelFiles(blobs: Blobs, left: Leftovers): Promise<VersionFile[]> {
  const prefix = left.modelPath.endsWith("/") ? left.modelPath : `${left.modelPath}/`;
  const found = [...left.outputs]
    .filter(([path]) => path.startsWith(prefix))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (found.length === 0) throw missing(left.modelPath, "a model");
  return await Promise.all(
    found.map(async ([path, digest]) => ({
      path: path.slice(prefix.length),
      digest,
      sizeBytes: (await blobs.sizeOf(digest)) ?? 0,
    })),
  );
}

/** The digest that names a set of files: SHA-256 of the canonical JSON of path → digest. */
export function manifestDigest(files: readonly VersionFile[]): string {
  return digestOf(canonicalJson(Object.fromEntries(files.map((file) => [file.path, file.digest]))));
}

async function writeModel(blobs: Blobs, files: readonly VersionFile[], folder: string): Promise<void> {
  for (const file of files) {
    const target = join(folder, file.path);
    await mkdir(dirname(target), { recursive: true });
    await blobs.materialise(file.digest, target);
  }
}

function missing(path: string, what: string): Problem {
  return new Problem(problems.model_files_missing, {
    message: `The execution left nothing at ${path}, where ${what} should be.`,
  });
}

function disagreement(parity: Parity): string {
  return (
    `the converted model differs from the original by up to ${parity.largestDifference.toPrecision(3)} ` +
    `on ${parity.rows} rows; ${parity.tolerance} is tolerated`
  );
}
