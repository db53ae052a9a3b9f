import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";

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
 * answers as the original does. A model that cannot be converted, a graph that the runtime refuses and
 * answers that disagree make a rejected version, not an error: the files, the reason and the figures stay
 * to be looked at.
 */
export async function describeModel(
  blobs: Blobs,
  convert: Convert,
  left: Leftovers,
): Promise<DescribedFiles> {
  const files = await modelFiles(blobs, left.modelPath, left.outputs);
  const holdout = left.outputs.get(left.holdoutPath);
  const kept = {
    kind: "onnx",
    files,
    digest: manifestDigest(files),
    holdoutDigest: holdout ?? null,
  } as const;
  if (holdout === undefined) {
    return { ...kept, ...rejected(`the pipeline left no held-out rows at ${left.holdoutPath}`) };
  }
  const folder = await mkdtemp(join(tmpdir(), "gyre-register-"));
  try {
    const modelFolder = join(folder, "model");
    await writeModel(blobs, files, modelFolder);
    const sampleFile = join(folder, "holdout.csv");
    await blobs.materialise(holdout, sampleFile);
    return { ...kept, ...(await makeRunnable(blobs, convert, { modelFolder, sampleFile, folder })) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Runnable = Pick<DescribedFiles, "state" | "rejection" | "signature" | "runnableDigest" | "parity">;

async function makeRunnable(
  blobs: Blobs,
  convert: Convert,
  order: Parameters<Convert>[0],
): Promise<Runnable> {
  const converted = await convert(order).catch((error: unknown) => {
    if (error instanceof Problem && error.code === problems.model_not_convertible.code) return error;
    throw error;
  });
  if (converted instanceof Problem) return rejected(stripVTControlCharacters(converted.message));
  const { signature } = converted;
  // Kept whatever comes next: a graph that was refused is the first thing its owner wants to look at.
  const { digest: runnableDigest } = await blobs.putFile(converted.onnxFile);
  try {
    const parity = await checkParity(converted);
    return {
      state: parity.agrees ? "ready" : "rejected",
      rejection: parity.agrees ? null : disagreement(parity),
      signature,
      runnableDigest,
      parity,
    };
  } catch (error) {
    return { ...rejected(refusalOf(error, converted.onnxFile)), signature, runnableDigest };
  }
}

function rejected(rejection: string): Runnable {
  return {
    state: "rejected",
    rejection,
    signature: { inputs: [], labels: [] },
    runnableDigest: null,
    parity: null,
  };
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

/** The temporary file's name would tell its reader nothing. */
function refusalOf(error: unknown, onnxFile: string): string {
  const said = error instanceof Error ? error.message : String(error);
  const [firstLine = ""] = stripVTControlCharacters(said).trim().split("\n");
  return `the converted model cannot be run: ${firstLine.replaceAll(onnxFile, "model.onnx")}`;
}

/** The files below the model's folder, in order of their paths. Throws `model_files_missing` when there are none. */
export async function modelFiles(
  blobs: Blobs,
  modelPath: string,
  outputs: Leftovers["outputs"],
): Promise<VersionFile[]> {
  const prefix = modelPath.endsWith("/") ? modelPath : `${modelPath}/`;
  const found = [...outputs]
    .filter(([path]) => path.startsWith(prefix))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (found.length === 0) throw missing(modelPath);
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

function missing(path: string): Problem {
  return new Problem(problems.model_files_missing, {
    message: `The execution left nothing at ${path}, where a model should be.`,
  });
}

function disagreement(parity: Parity): string {
  if (parity.rows === 0) return "there was no row to compare the converted model with the original on";
  return (
    `the converted model differs from the original by up to ${parity.largestDifference.toPrecision(3)} ` +
    `on ${parity.rows} rows; ${parity.tolerance} is tolerated`
  );
}
