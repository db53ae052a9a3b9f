import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import { Problem } from "#kernel/errors";

import { select } from "./definition/graph.ts";
import type { Stage } from "./definition/stages.ts";
import type { StepOut } from "./entities.ts";
import { readStanding } from "./explain.ts";
import type { ExplainParts, Standing } from "./explain.ts";
import { cacheKeyOf, readKeyParts } from "./execution/cache-key.ts";
import { variablesOf } from "./execution/gpus.ts";
import { targetElsewhere } from "./execution/place.ts";
import { createWorkspace } from "./execution/workspace.ts";
import type { Workspace } from "./execution/workspace.ts";
import { problems } from "./problems.ts";
import { findResults } from "./store/results.ts";
import type { StepResult } from "./store/results.ts";

/** What came of running one cached step again, aside. */
export interface StepVerification {
  readonly stage: string;
  /**
   * `not_cached`: there is no result to compare with; `failed`: it did not end well this time;
   * `elsewhere`: it runs on another machine, on which nothing is run aside.
   */
  readonly verdict: "reproducible" | "differs" | "failed" | "not_cached" | "elsewhere";
  /** The outs that came out otherwise, with what they held and hold. */
  readonly differing: readonly {
    readonly path: string;
    readonly kept: string;
    readonly found: string | null;
  }[];
  readonly message: string | null;
}

export interface VerifyOrder {
  readonly project: string;
  /** As in an order to execute; all stages when empty. */
  readonly targets: readonly string[];
  /** So many of them, chosen by chance; all when absent. */
  readonly sample?: number | undefined;
  /** Decides the chance: the same seed, the same stages. */
  readonly seed?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Runs cached steps again in folders of their own, from the inputs their results were made of, and
 * compares the bytes. Nothing it makes is kept: the cache, runs and executions stay as they are.
 */
export async function verifySteps(
  parts: ExplainParts,
  order: VerifyOrder,
): Promise<readonly StepVerification[]> {
  const standing = await readStanding(parts, order.project, order.targets);
  const graph = select(standing.graph, order.targets);
  const chosen = new Set(chooseStages(graph.stages, order).map(({ name }) => name));
  const found = new Map<string, StepResult>();
  const verifications: StepVerification[] = [];
  for (const stage of graph.stages) {
    const result = await cachedResult(parts, standing, stage);
    if (result !== undefined) {
      found.set(stage.name, result);
      await standing.files.addOuts(result.outs);
    }
    if (!chosen.has(stage.name)) continue;
    const target = targetElsewhere(stage);
    if (target !== undefined) {
      const message = `It runs on the target "${target}".`;
      verifications.push({ stage: stage.name, verdict: "elsewhere", differing: [], message });
      continue;
    }
    verifications.push(
      result === undefined
        ? {
            stage: stage.name,
            verdict: "not_cached",
            differing: [],
            message: "It has no result as the project stands.",
          }
        : await runAside(parts, { standing, order, stage, result, found }),
    );
  }
  return verifications;
}

async function cachedResult(
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

interface Aside {
  readonly standing: Standing;
  readonly order: VerifyOrder;
  readonly stage: Stage;
  readonly result: StepResult;
  readonly found: ReadonlyMap<string, StepResult>;
}

async function runAside(parts: ExplainParts, aside: Aside): Promise<StepVerification> {
  const { stage, order } = aside;
  await mkdir(parts.executionsFolder, { recursive: true });
  const folder = await mkdtemp(join(parts.executionsFolder, "verify-"));
  const holding = await parts.pool.take(
    {
      step: folder,
      stage: `${stage.name} (verification)`,
      project: order.project,
      execution: "",
      resources: stage.settings.resources,
      priority: stage.settings.priority - 1,
    },
    order.signal,
  );
  try {
    const workspace = await openAside(parts, folder, aside);
    const devices = variablesOf(parts.gpus, holding.devices);
    const logFile = join(folder, "log");
    const failed = await runCommands(parts, workspace, { ...aside, devices, logFile });
    if (failed !== undefined) return { stage: stage.name, verdict: "failed", differing: [], message: failed };
    return await compare(workspace, aside);
  } finally {
    holding.giveBack();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function openAside(
  parts: ExplainParts,
  folder: string,
  { standing, stage, found }: Aside,
): Promise<Workspace> {
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
  run: Aside & { readonly devices: Readonly<Record<string, string>>; readonly logFile: string },
): Promise<string | undefined> {
  const { stage, logFile, devices } = run;
  const { project, code } = run.standing;
  const { signal } = run.order;
  const secrets = await parts.secrets.valuesOf(project.id, stage.settings.secrets);
  const requirements = code.files.find(({ path }) => path === project.python?.requirements);
  const environment =
    project.python === null
      ? undefined
      : await parts.compute.ensureEnvironment({
          requirementsText: requirements === undefined ? "" : await parts.blobs.readText(requirements.digest),
          pythonVersion: project.python.version,
          signal,
          onOutput: () => {},
        });
  for (const command of stage.commands) {
    const ended = await parts.compute.runProcess({
      command,
      cwd: `${workspace.folder}/${stage.wdir}`,
      ...(environment === undefined ? {} : { environment }),
      // No run is named: what the step reports on the way must not be mistaken for a new result.
      variables: { HOME: workspace.home, PYTHONUNBUFFERED: "1", ...devices, ...Object.fromEntries(secrets) },
      timeoutMs: stage.settings.timeoutMs ?? parts.stepTimeoutMs,
      logFile,
      maximumLogBytes: parts.maximumLogBytes,
      signal,
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
  if (differing.length === 0) return { stage: stage.name, verdict: "reproducible", differing, message: null };
  const message = `It gave other bytes for ${differing.map(({ path }) => path).join(", ")} from the same inputs.`;
  return { stage: stage.name, verdict: "differs", differing, message };
}

/** By chance, but the same with the same seed (mulberry32). Throws `verification_invalid`. */
function chooseStages(
  stages: readonly Stage[],
  { sample, seed = 1 }: Pick<VerifyOrder, "sample" | "seed">,
): readonly Stage[] {
  if (sample === undefined || sample >= stages.length) return stages;
  if (sample < 1)
    throw new Problem(problems.verification_invalid, { message: `A sample of ${sample} is none.` });
  const pool = [...stages];
  let state = seed;
  return Array.from({ length: sample }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const index = Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * pool.length);
    return pool.splice(index, 1)[0];
  }).flatMap((stage) => stage ?? []);
}
