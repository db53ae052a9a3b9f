import { rm } from "node:fs/promises";
import { join } from "node:path";

import { Problem } from "#kernel/errors";

import type { ProcessMark } from "#compute";

import type { Stage } from "../definition/stages.ts";
import type { StepOut } from "../entities.ts";
import { cacheKeyOf, readKeyParts } from "../execution/cache-key.ts";
import { variablesOf } from "../execution/gpus.ts";
import { createWorkspace } from "../execution/workspace.ts";
import type { Workspace } from "../execution/workspace.ts";
import type { ExplainParts, Standing } from "../explain.ts";
import { findResults } from "../store/results.ts";
import type { StepResult } from "../store/results.ts";
import type { StepVerification } from "./entities.ts";

/** One cached step to be run again. */
export interface Aside {
  readonly standing: Standing;
  readonly stage: Stage;
  readonly result: StepResult;
  /** Of the stages before it, by name. */
  readonly found: ReadonlyMap<string, StepResult>;
  /** Its own, made and removed here. */
  readonly folder: string;
  /** Names it to those who wait for the same resources. */
  readonly key: string;
  readonly signal: AbortSignal;
  /** Before the first command, and again for each: the process that the next server ends when this one dies. */
  onStart(mark: ProcessMark): Promise<void>;
}

/** The result that stands for a stage, whole; undefined when it would run. */
export async function cachedResult(
  parts: ExplainParts,
  standing: Standing,
  stage: Stage,
): Promise<StepResult | undefined> {
  const surroundings = await standing.surroundings(stage).catch((error: unknown) => {
    // A target that does not answer and never has: there is no result to be found.
    if (error instanceof Problem) return undefined;
    throw error;
  });
  if (surroundings === undefined) return undefined;
  const keyParts = await readKeyParts(stage, surroundings, standing.files);
  if ("missing" in keyParts) return undefined;
  const key = cacheKeyOf(keyParts);
  const result = (await findResults(parts.db, standing.project.id, [key])).get(key);
  return result === undefined || (await parts.verified.check(result.outs)) !== undefined ? undefined : result;
}

/**
 * Runs a cached step again in a folder of its own, from the inputs its result was made of, and compares the
 * bytes. Nothing it makes is kept: the cache, runs and executions stay as they are.
 */
export async function runAside(parts: ExplainParts, aside: Aside): Promise<StepVerification> {
  const { stage, folder, signal } = aside;
  const holding = await parts.pool.take(
    {
      step: aside.key,
      stage: `${stage.name} (verification)`,
      project: aside.standing.project.id,
      execution: "",
      resources: stage.settings.resources,
      priority: stage.settings.priority - 1,
    },
    signal,
  );
  try {
    // What a server left there that was killed.
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    const workspace = await openAside(parts, aside);
    const failed = await runCommands(parts, workspace, aside, holding.devices);
    signal.throwIfAborted();
    if (failed !== undefined) return { verdict: "failed", differing: [], message: failed };
    return await compare(workspace, aside);
  } finally {
    holding.giveBack();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function openAside(parts: ExplainParts, { standing, stage, found, folder }: Aside): Promise<Workspace> {
  const names = standing.graph.stages.map(({ name }) => name);
  const place = names.indexOf(stage.name);
  const placesBefore = (of: number): readonly number[] =>
    (standing.graph.dependsOn.get(names[of] ?? "") ?? []).map((name) => names.indexOf(name));
  const { code, datasets } = standing;
  const content = { code, texts: new Map<string, string>(), datasets, after: placesBefore };
  const workspace = createWorkspace(parts.blobs, join(folder, "execution"), content);
  for (const [name, earlier] of found)
    if (name !== stage.name) await workspace.addOuts(names.indexOf(name), earlier.outs);
  // What goes on from its last outs cannot be run again from where it began: it is run from nothing.
  await workspace.prepare({ place, stage, kept: [] });
  return workspace;
}

/** Undefined when every command ended well. */
async function runCommands(
  parts: ExplainParts,
  workspace: Workspace,
  { standing: { project, environmentHere }, stage, signal, folder, onStart }: Aside,
  devices: readonly string[],
): Promise<string | undefined> {
  const secrets = await parts.secrets.valuesOf(project.id, stage.settings.secrets);
  const environment = await environmentHere(signal);
  const gpus = variablesOf(parts.gpus, devices);
  const about = { stage: stage.name, project: project.id, execution: "" };
  for (const command of stage.commands) {
    const ended = await parts.compute.runProcess({
      command,
      cwd: `${workspace.folder}/${stage.wdir}`,
      ...(environment === undefined ? {} : { environment }),
      // No run is named: what the step reports on the way must not be mistaken for a new result.
      variables: { HOME: workspace.home, PYTHONUNBUFFERED: "1", ...gpus, ...Object.fromEntries(secrets) },
      timeoutMs: stage.settings.timeoutMs ?? parts.stepTimeoutMs,
      logFile: join(folder, "log"),
      maximumLogBytes: parts.maximumLogBytes,
      signal,
      async onStart(mark) {
        await parts.heldGpus.hold(devices, { ...mark, ...about });
        await onStart(mark);
      },
    });
    if (ended.ended !== "exited" || ended.exitCode !== 0)
      return `"${command.slice(0, 200)}" ended ${ended.ended === "exited" ? `with exit code ${ended.exitCode}` : `by ${ended.ended}`}.`;
  }
  return undefined;
}

async function compare(workspace: Workspace, { stage, result }: Aside): Promise<StepVerification> {
  const outs = await workspace.collectOuts(stage);
  const found: readonly StepOut[] = "missing" in outs ? [] : outs;
  const digests = new Map(found.map((out) => [out.path, out.digest]));
  const differing = result.outs.flatMap((out) => {
    const now = digests.get(out.path) ?? null;
    return now === out.digest ? [] : [{ path: out.path, kept: out.digest, found: now }];
  });
  if (differing.length === 0) return { verdict: "reproducible", differing, message: null };
  const message = `It gave other bytes for ${differing.map(({ path }) => path).join(", ")} from the same inputs.`;
  return { verdict: "differs", differing, message };
}
