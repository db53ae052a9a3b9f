import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

import type { Clock } from "#kernel/clock";
import type { Digest } from "#kernel/digest";

import { ensureEnvironment, identifyEnvironment, requirementsDigest } from "./environment.ts";
import type { Environment, EnvironmentRequest } from "./environment.ts";
import { endOrphan, hasOrphan } from "./process-group.ts";
import { runProcess } from "./process.ts";
import type { ProcessMark, ProcessRequest, ProcessResult } from "./process.ts";
import { createWarmPool } from "./warm/pool.ts";

export type { Environment, EnvironmentRequest } from "./environment.ts";
export type { ProcessMark, ProcessRequest, ProcessResult } from "./process.ts";
export { readEnvironmentFile } from "./environment-file.ts";
export { problems } from "./problems.ts";
export { createTargets, targetUnknown } from "./targets/module.ts";
export type { Targets, TargetsParts } from "./targets/module.ts";
export { askTarget } from "./targets/launchers.ts";
export { migrations } from "./targets/store.ts";
export { readTargetSettings } from "./targets/settings.ts";
export type { TargetSettings } from "./targets/settings.ts";
export type {
  Capabilities,
  ComputeTarget,
  Surroundings,
  WorkHandle,
  WorkOrder,
  WorkSpec,
  WorkState,
  WorkStatus,
} from "./targets/contract.ts";
export type { Resources } from "./targets/resources.ts";

/** Environments and processes on this machine. It keeps no state but the cache of environments. */
export interface Compute {
  ensureEnvironment(request: EnvironmentRequest): Promise<Environment>;
  /** Of what an environment is made from, wherever it is going to be made. */
  requirementsDigest(
    request: Pick<EnvironmentRequest, "requirementsText" | "condaText" | "pythonVersion">,
  ): Digest;
  /** The digest the environment would have, without building it. Throws `python_missing`. */
  environmentDigest(
    request: Pick<EnvironmentRequest, "requirementsText" | "condaText" | "pythonVersion">,
  ): Promise<Digest>;
  runProcess(request: ProcessRequest): Promise<ProcessResult>;
  /** Ends what a killed server left running; true when there was something to end. */
  endOrphan(mark: ProcessMark): Promise<boolean>;
  /** Whether there is something to end. */
  hasOrphan(mark: ProcessMark): Promise<boolean>;
  /** Ends the interpreters that were kept warm; those who do not call it lose them with the process. */
  close(): Promise<void>;
}

export interface ComputeOptions {
  readonly clock: Clock;
  /** Environments are built under it, in `environments`. That of the user by default. */
  readonly cacheFolder?: string;
  /** For the sockets of warm interpreters; that of the system by default. */
  readonly temporaryFolder?: string;
  /** False starts every Python from nothing. */
  readonly isWarm?: boolean;
  /** The variables of this process, of which only a few are passed on. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

export function createCompute(options: ComputeOptions): Compute {
  const { clock, variables = process.env } = options;
  const searchPath = variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  const warm = options.isWarm === false ? undefined : createWarmPool(options.temporaryFolder);
  const tools = {
    clock,
    searchPath,
    folder: join(options.cacheFolder ?? userCacheFolder(variables), "environments"),
    installerVariables: selectInstallerVariables(variables),
  };
  return {
    ensureEnvironment: async (request) => await ensureEnvironment(tools, request),
    environmentDigest: async (request) => (await identifyEnvironment(tools, request)).digest,
    requirementsDigest,
    runProcess: async (request) => await runProcess(request, clock, searchPath, warm),
    close: async () => await warm?.close(),
    endOrphan,
    hasOrphan,
  };
}

function userCacheFolder(variables: Readonly<Record<string, string | undefined>>): string {
  const configured = variables["XDG_CACHE_HOME"];
  const base = configured !== undefined && isAbsolute(configured) ? configured : join(homedir(), ".cache");
  return join(base, "gyre");
}

// Installers need the person's own settings: which index, which proxy, which certificates.
const installerNames =
  /^(PIP_|UV_|CONDA_|MAMBA_)|^(HOME|TMPDIR|XDG_CACHE_HOME|XDG_CONFIG_HOME|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE)$|^(https?|no|all)_proxy$/i;

function selectInstallerVariables(
  variables: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const selected: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && installerNames.test(name)) selected[name] = value;
  }
  return selected;
}
