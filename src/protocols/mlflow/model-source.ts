import { Problem } from "#kernel/errors";
import type { ArtifactFile, Tracking } from "#tracking";

import { ofExperiment, ofModel } from "./calls.ts";
import type { Caller, Touched } from "./calls.ts";
import { findPlace, placeOfAddress, registeredPlace } from "./places.ts";
import type { Place } from "./places.ts";
import { problems } from "./problems.ts";
import type { RegistryForMlflow } from "./registry-for-mlflow.ts";

/** What a version is made of: files of this server, kept by content, or an address that only clients open. */
export interface ModelSource {
  readonly files: readonly ArtifactFile[];
  readonly address: string | undefined;
  /** The run that made the logged model which the source names. */
  readonly runId: string | undefined;
}

export interface ModelSourceParts {
  readonly tracking: Tracking;
  readonly registry: RegistryForMlflow;
  /** Throws unless an address outside this server may be kept as text. */
  readonly checkAddress?: ((address: string) => void) | undefined;
}

// The sources that clients write for a prompt, which has no files: a prompt is all tags.
const placeholders = ["dummy-source", "prompt-template"];

/**
 * Reads the source of a new version. What it names on this server is kept by content, and the caller must
 * be allowed to see it; what is elsewhere (`s3://…`) stays an opaque text, which nothing here ever opens.
 */
export async function readModelSource(
  { tracking, registry, checkAddress = checkForeignAddress }: ModelSourceParts,
  source: string,
  { isPrompt, caller }: { readonly isPrompt: boolean; readonly caller: Caller },
): Promise<ModelSource> {
  if (isPrompt && placeholders.includes(source)) return elsewhere(source);
  if (source.startsWith("models:/")) return await explainAbsence(source, () => fromModel(source));
  const name = placeOfAddress(source);
  const inVersion = name === undefined ? undefined : registeredPlace(name);
  if (inVersion !== undefined) {
    const { files, ...model } = await registry.filesOf(inVersion.versionId);
    return await keep(source, { ...ofModel(model), files }, inVersion.path);
  }
  const place = await placeHere(source, name);
  if (place !== undefined) {
    const { owner, path, ...touched } = place;
    return await keep(source, { ...touched, files: await tracking.artifactTree(owner) }, path);
  }
  checkAddress(source);
  return elsewhere(source);

  async function fromModel(uri: string): Promise<ModelSource> {
    const loggedModel = /^models:\/(m-[\w-]{1,255})$/.exec(uri)?.[1];
    if (loggedModel !== undefined) {
      const { artifactRoot, sourceRunId, ...model } = await tracking.getLoggedModel(loggedModel);
      const files = await tracking.artifactTree({ model: loggedModel });
      const runId = sourceRunId === "" ? undefined : sourceRunId;
      return { ...(await keep(artifactRoot, { ...ofExperiment(model), files }, "")), runId };
    }
    const [, model = "", number, alias] =
      /^models:\/([^/@]+)(?:\/(\d{1,15})|@([\w-]{1,255}))$/.exec(uri) ?? [];
    if (number === undefined && alias === undefined) throw notAbsolute(uri);
    const version =
      alias === undefined
        ? await registry.getVersion(model, Number(number))
        : await registry.findByAlias(model, alias);
    const { files, ...owned } = await registry.filesOfVersion(version.name, version.number);
    return await keep(version.downloadAddress, { ...ofModel(owned), files }, "");
  }

  async function keep(
    address: string,
    from: Touched & { readonly files: readonly ArtifactFile[] },
    folder: string,
  ): Promise<ModelSource> {
    await caller.allow(from);
    const prefix = folder === "" ? "" : `${folder}/`;
    const files = from.files
      .filter((file) => file.path.startsWith(prefix))
      .map((file) => ({ ...file, path: file.path.slice(prefix.length) }));
    return files.length === 0 ? elsewhere(address) : { files, address: undefined, runId: undefined };
  }

  /** The run or logged model of this server whose files are meant; undefined when it is none of ours. */
  async function placeHere(uri: string, path: string | undefined): Promise<Place | undefined> {
    const [, runId, inRun = ""] = /^runs:\/([A-Za-z0-9][\w-]{0,255})(?:\/(.*))?$/s.exec(uri) ?? [];
    try {
      if (runId !== undefined) {
        const scope = await tracking.scopeOfRun(runId);
        return { owner: { run: runId }, path: inRun.replace(/\/$/, ""), ...ofExperiment(scope) };
      }
      return path === undefined ? undefined : await findPlace(tracking, path);
    } catch (error) {
      if (error instanceof Problem && error.kind === "not_found") return undefined;
      throw error;
    }
  }
}

function elsewhere(address: string): ModelSource {
  return { files: [], address, runId: undefined };
}

async function explainAbsence<Result>(source: string, find: () => Promise<Result>): Promise<Result> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== "not_found") throw error;
    throw new Problem(problems.mlflow_model_source_absent, {
      message: `Unable to fetch model from model URI source artifact location '${source.slice(0, 200)}'. Error: ${error.message}`,
    });
  }
}

/** A local path would mean the server's disk to one reader and the client's to another. */
function checkForeignAddress(address: string): void {
  const shown = address.slice(0, 200);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === "file") {
    throw new Problem(problems.mlflow_model_source_refused, {
      message:
        `Invalid model version source: '${shown}'. To use a local path as a model version source, log the model to a ` +
        `run of this server first: it keeps files itself and never reads its own disk for a client.`,
    });
  }
  if (!isPlain(address)) throw notAbsolute(address);
}

function notAbsolute(source: string): Problem {
  return new Problem(problems.mlflow_model_source_refused, {
    message:
      `Invalid model version source: '${source.slice(0, 200)}'. If supplying a source as an http, https, local file path, ` +
      `ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references ` +
      `present. Please provide an absolute path.`,
  });
}

/** Whether an address means one place to every reader: no steps upwards, nothing hidden by encoding. */
function isPlain(address: string): boolean {
  if (address.length > 2_048) return false;
  let text = address;
  for (let round = 0; round < 5; round++) {
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[#?;\\\u0000-\u001f\u007f]/.test(text) || text.split("/").includes("..")) return false;
    const decoded = decode(text);
    if (decoded === text) return /^[A-Za-z][A-Za-z0-9+.-]+:\/{0,2}[^/]/.test(text);
    if (decoded === undefined) return false;
    text = decoded;
  }
  return false;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
