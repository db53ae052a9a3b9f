import { randomUUID } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { Clock } from "#kernel/clock";
import { digestOfJson } from "#kernel/digest";
import type { Digest } from "#kernel/digest";

import { withBuildLock } from "./build-lock.ts";
import { buildCondaEnvironment, buildEnvironment, listPackages } from "./build.ts";
import type { Toolbox } from "./build.ts";
import { condaDigest } from "./conda.ts";
import type { EnvironmentText } from "./environment-file.ts";
import { findPython } from "./python.ts";
import type { Python } from "./python.ts";

/** A folder with a Python and the packages of one list of requirements. */
export interface Environment {
  /** Of the requirements' text, Python's version and the platform. */
  readonly digest: Digest;
  /** The absolute path of its Python. */
  readonly interpreter: string;
  readonly binFolder: string;
  /** `name==version`, sorted. */
  readonly packages: readonly string[];
  readonly preparedAtMs: number;
}

export interface EnvironmentRequest extends EnvironmentText {
  /** Such as `>=3.10`. */
  readonly pythonVersion: string;
  readonly signal?: AbortSignal;
  /** Lines of progress. */
  readonly onOutput?: (line: string) => void;
}

export interface EnvironmentParts extends Toolbox {
  readonly clock: Clock;
  /** Holds one folder for each environment. */
  readonly folder: string;
}

/**
 * The environment for these requirements: from the cache, or built. Each build has a folder of its own
 * in which it stays, because its programs know their own path; a lock keeps builders apart, and only a
 * marker written at the end makes a build the environment. So one that was cut short is begun anew, and
 * an installer that outlived its server disturbs nobody.
 * Throws `python_missing`, `python_venv_missing`, `conda_missing`, `environment_failed`.
 */
export async function ensureEnvironment(
  parts: EnvironmentParts,
  request: EnvironmentRequest,
): Promise<Environment> {
  const say = request.onOutput ?? (() => {});
  const { python, digest } = await identifyEnvironment(parts, request);
  const home = join(parts.folder, digest);
  const ready = await readMarker(home);
  if (ready !== undefined) return ready;

  await mkdir(home, { recursive: true });
  return await withBuildLock(join(home, "lock"), { ...request, onWait: say }, async () => {
    const builtMeanwhile = await readMarker(home);
    if (builtMeanwhile !== undefined) return builtMeanwhile;
    await removeOldBuilds(home);
    const target = join(home, randomUUID().slice(0, 8));
    say(
      `Building the Python environment ${digest.slice(0, 12)} with ${python === undefined ? "conda" : `Python ${python.version}`}.`,
    );
    try {
      if (python !== undefined) await buildEnvironment(parts, { ...request, python, target, say });
      else
        await buildCondaEnvironment(parts, { ...request, condaText: request.condaText ?? "", target, say });
    } catch (error) {
      await rm(target, { recursive: true, force: true, maxRetries: 3 });
      throw error;
    }
    const binFolder = join(target, "bin");
    const interpreter = join(binFolder, "python");
    const environment: Environment = {
      digest,
      interpreter,
      binFolder,
      packages: await listPackages(parts, interpreter),
      preparedAtMs: parts.clock.nowMs(),
    };
    await writeMarker(home, environment);
    say(`The Python environment is ready: ${environment.packages.length} packages.`);
    return environment;
  });
}

/** Which environment these requirements would get, without building it. Throws `python_missing`. */
export async function identifyEnvironment(
  parts: Pick<EnvironmentParts, "searchPath">,
  request: Pick<EnvironmentRequest, "requirementsText" | "condaText" | "pythonVersion">,
): Promise<{ readonly python: Python | undefined; readonly digest: Digest }> {
  if (request.condaText !== undefined) return { python: undefined, digest: condaDigest(request.condaText) };
  const python = await findPython(request.pythonVersion, parts.searchPath);
  const requirements = normalise(request.requirementsText);
  return {
    python,
    digest: digestOfJson({ requirements, python: python.version, platform: python.platform }),
  };
}

/** Of the requirements and the rule for Python: for an environment that is made elsewhere, by another Python. */
export function requirementsDigest(
  request: Pick<EnvironmentRequest, "requirementsText" | "condaText" | "pythonVersion">,
): Digest {
  if (request.condaText !== undefined) return condaDigest(request.condaText);
  const { requirementsText, pythonVersion } = request;
  return digestOfJson({ requirements: normalise(requirementsText), rule: pythonVersion });
}

/** Comments and blank lines do not make another environment. */
function normalise(requirements: string): string {
  return requirements
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, "").trimEnd())
    .filter((line) => line !== "")
    .join("\n");
}

/** An installer may still write into one of them, so what cannot be removed now is left for the next time. */
async function removeOldBuilds(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name !== "lock") await rm(join(home, name), { recursive: true, force: true }).catch(() => {});
  }
}

const markerName = "ready.json";
const markerSchema = z.object({
  digest: z.string(),
  interpreter: z.string(),
  binFolder: z.string(),
  packages: z.array(z.string()),
  preparedAtMs: z.number(),
});

/** Undefined when the environment was not built to its end, or the Python it stands on has gone. */
async function readMarker(home: string): Promise<Environment | undefined> {
  try {
    const environment = markerSchema.parse(JSON.parse(await readFile(join(home, markerName), "utf8")));
    await access(environment.interpreter);
    return environment;
  } catch {
    return undefined;
  }
}

async function writeMarker(home: string, environment: Environment): Promise<void> {
  const temporary = join(home, `${markerName}.part`);
  await writeFile(temporary, JSON.stringify(environment), { flush: true });
  await rename(temporary, join(home, markerName));
}
