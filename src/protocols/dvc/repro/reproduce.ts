import { join } from "node:path";

import { Problem } from "#kernel/errors";

import { writeDvcFile } from "../formats/dvc-file.ts";
import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import type { YamlMapping } from "../formats/yaml-value.ts";
import { problems } from "../problems.ts";
import { ignoreInGit } from "../repository/git-ignore-file.ts";
import { placeOf } from "../repository/repository.ts";
import { addressOf, describeStage, isCallback, isDataSource, isImport } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";
import { isInCache, outChange } from "../verbs/changes.ts";
import { checkoutOut } from "../verbs/checkout-out.ts";
import { changedItself, dependencyChanges } from "../verbs/status.ts";
import { writeTextFile } from "../verbs/write-text-file.ts";
import { commandsOf, runCommands } from "./commands.ts";
import type { Environment } from "./environment.ts";
import type { LockWriter } from "./lock-writer.ts";
import type { RunCache } from "./run-cache.ts";
import { runKey } from "./run-cache.ts";
import { byWritten, lockEntry, saveInputs } from "./saved-stage.ts";
import type { SavedInputs } from "./saved-stage.ts";
import { outOfEntry, removeOuts, saveOuts, singleStageFile } from "./stage-run.ts";

export interface ReproduceParts {
  readonly session: Session;
  readonly runCache: RunCache;
  readonly environment: Environment;
  lockWriterOf(file: string): LockWriter;
  readonly signal: AbortSignal;
  readonly changedFiles: Set<string>;
}

export interface ReproduceOptions {
  readonly isForced: boolean;
  readonly isDry: boolean;
  readonly usesRunCache: boolean;
  readonly isCommitted: boolean;
  readonly allowsMissing: boolean;
  /** Runs a stage anew whose last run was made in another environment. */
  readonly checksEnvironment: boolean;
  readonly isBeside: boolean;
  /** Brings missing data of a stage, before it is asked whether it changed. */
  pull?(stage: TrackedStage): Promise<void>;
  confirm?(stage: TrackedStage): Promise<boolean>;
}

/**
 * Brings one stage up to date: nothing when nothing it reads has changed, else its outs from the run cache,
 * else its commands. True when it was reproduced.
 */
export async function reproduceStage(
  parts: ReproduceParts,
  given: TrackedStage,
  options: ReproduceOptions,
): Promise<boolean> {
  const { session } = parts;
  const stage = given;
  const address = addressOf(stage, session.show);
  if (stage.isFrozen && !isImport(stage)) {
    session.voice.warn(
      `${describeStage(stage, session.show)} is frozen. Its dependencies are not going to be reproduced.`,
    );
  }
  if (!options.isForced) {
    const change = await changeOf(parts, stage, options);
    if (change === undefined) {
      const name = stage.name === undefined && isDataSource(stage) ? `'${address}'` : `Stage '${address}'`;
      session.voice.say(`${name} didn't change, skipping`);
      return false;
    }
  }
  if (options.confirm !== undefined && !(await options.confirm(stage)))
    throw new Problem(problems.dvc_reproduction_failed, { message: "reproduction aborted by the user" });
  if (isDataSource(stage) || stage.isFrozen) return await verifyData(parts, stage, options);
  return await runStage(parts, stage, options);
}

/** Why a stage is not up to date; undefined when it is. */
async function changeOf(
  { session, runCache, environment }: ReproduceParts,
  stage: TrackedStage,
  { allowsMissing, checksEnvironment, pull }: ReproduceOptions,
): Promise<string | undefined> {
  await pull?.(stage);
  const own = changedItself(stage);
  if (own !== undefined) return own;
  if (!stage.isFrozen) {
    if (isCallback(stage) || stage.alwaysChanged) return "always changed";
    const isOrigin = isImport(stage);
    const changes = isOrigin ? {} : await dependencyChanges(session, stage);
    const real = Object.entries(changes).filter(([, change]) => !(allowsMissing && change === "deleted"));
    if (real.length > 0) return "changed deps";
  }
  for (const out of stage.outs) {
    const change = await outChange(session, out);
    if (change === undefined) continue;
    if (allowsMissing && (change === "not in cache" || change === "deleted")) continue;
    return `output ${change}`;
  }
  if (stage.name === undefined || !checksEnvironment) return undefined;
  const entry = await lastEntry(session, stage);
  const key = entry === undefined ? undefined : runKey(stage, entry);
  const before = key === undefined || entry === undefined ? undefined : runCache.environmentOf(key, entry);
  return before === undefined || before === environment.digest ? undefined : "changed environment";
}

/** The entry of the lock file, as it was written. */
async function lastEntry(session: Session, stage: TrackedStage): Promise<YamlMapping | undefined> {
  if (stage.lockedCmd === undefined) return undefined;
  const inputs = await saveInputs(session, stage);
  return lockEntry(
    stage,
    inputs,
    byWritten(stage.outs).map(({ raw, written }) => ({ path: written, ...raw })),
  );
}

async function verifyData(
  parts: ReproduceParts,
  stage: TrackedStage,
  options: ReproduceOptions,
): Promise<boolean> {
  const { session } = parts;
  const kind = stage.isFrozen ? ["outputs", "frozen "] : ["data sources", ""];
  if (options.isDry) return true;
  session.voice.say(`Verifying ${kind[0]} in ${kind[1]}${describeStage(stage, session.show)}`);
  for (const out of stage.outs) {
    if ((await session.look(out.path)) !== undefined) continue;
    throw new Problem(problems.dvc_path_missing, {
      message: `missing data 'source': ${session.show(out.path)}`,
      position: stage.position,
      next: "Bring it from the cache with: gyre dvc checkout; or from a remote with: gyre dvc pull",
      data: { path: out.path },
    });
  }
  // Whoever changes the outs of a frozen stage says that they are what it would make now.
  const inputs = isImport(stage) ? lockedInputs(stage) : await saveInputs(session, stage);
  await saveStage(parts, stage, inputs, options);
  return true;
}

/** What is imported keeps the state of its source that it was brought from. */
function lockedInputs(stage: TrackedStage): SavedInputs {
  return {
    deps: byWritten(stage.dependencies).map(({ raw, written }) => ({ path: written, ...raw })),
    params: Object.fromEntries(stage.parameters.map(({ written, locked }) => [written, locked ?? {}])),
  };
}

async function runStage(
  parts: ReproduceParts,
  stage: TrackedStage,
  options: ReproduceOptions,
): Promise<boolean> {
  const { session } = parts;
  const address = addressOf(stage, session.show);
  if (options.isDry) {
    const entry = options.isForced ? undefined : await findRun(parts, stage, options, undefined);
    if (entry !== undefined)
      session.voice.say(`Stage '${address}' is cached - skipping run, checking out outputs`);
    session.voice.say(`Running stage '${address}':`);
    for (const command of commandsOf(stage)) session.voice.say(`> ${command}`);
    return true;
  }
  const inputs = await saveInputs(session, stage);
  const remembered = options.isForced ? undefined : await findRun(parts, stage, options, inputs);
  removeOuts(session, stage);
  if (remembered === undefined) {
    session.voice.say(`Running stage '${address}':`);
    await session.lock.whileReleased(
      async () => await runCommands(session, stage, { isBeside: options.isBeside, signal: parts.signal }),
    );
  } else {
    session.voice.say(`Stage '${address}' is cached - skipping run, checking out outputs`);
    for (const entry of outsOf(remembered)) {
      const out = outOfEntry(stage, entry);
      // What Git keeps must not be a link into the cache.
      const isForGit = stage.outs.some(({ written, isCached }) => written === entry["path"] && !isCached);
      if (out !== undefined)
        await checkoutOut(session, out, { isForced: true, ...(isForGit ? { kinds: ["copy"] } : {}) });
    }
  }
  await saveStage(parts, stage, inputs, options);
  return true;
}

/** A run of the same stage on the same inputs whose outs are all in the cache. */
async function findRun(
  { session, runCache, environment }: ReproduceParts,
  stage: TrackedStage,
  { usesRunCache }: ReproduceOptions,
  inputs: SavedInputs | undefined,
): Promise<YamlMapping | undefined> {
  const read = inputs ?? (await saveInputs(session, stage).catch(() => undefined));
  if (read === undefined) return undefined;
  const wanted = lockEntry(
    stage,
    read,
    byWritten(stage.outs).map(({ written }) => ({ path: written })),
  );
  const key = runKey(stage, wanted);
  if (key === undefined) return undefined;
  const entry = isLastRun(stage, read)
    ? lastRun(stage, read)
    : usesRunCache
      ? runCache.find(key, environment.digest)
      : undefined;
  if (entry === undefined) return undefined;
  const before = runCache.environmentOf(key, entry);
  if (before !== undefined && before !== environment.digest) return undefined;
  session.cache.forget();
  const outs = outsOf(entry).map((out) => outOfEntry(stage, out));
  return outs.every((out) => out !== undefined && isInCache(session, out)) ? entry : undefined;
}

function isLastRun(stage: TrackedStage, { deps }: SavedInputs): boolean {
  if (changedItself(stage) !== undefined || stage.outs.some(({ digest }) => digest === undefined))
    return false;
  const before = byWritten(stage.dependencies).map(({ digest }) => digest?.md5);
  return (
    JSON.stringify(before) === JSON.stringify(deps.map(({ md5 }) => md5)) &&
    stage.parameters.every(({ locked }) => locked !== undefined) &&
    stage.name !== undefined
  );
}

function lastRun(stage: TrackedStage, read: SavedInputs): YamlMapping | undefined {
  const locked = Object.fromEntries(
    stage.parameters.map(({ written, locked: values }) => [written, values ?? {}]),
  );
  const isSameValue = JSON.stringify(sortKeys(locked)) === JSON.stringify(sortKeys(read.params));
  if (!isSameValue) return undefined;
  return lockEntry(
    stage,
    read,
    byWritten(stage.outs).map(({ raw, written }) => ({ path: written, ...raw })),
  );
}

function sortKeys(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sortKeys(member)]),
  );
}

function outsOf(entry: YamlMapping): readonly YamlMapping[] {
  return isYamlList(entry["outs"]) ? entry["outs"].filter(isYamlMapping) : [];
}

/** Keeps what a stage has read and made: outs into the cache, the run into the run cache, all of it into the lock file. */
async function saveStage(
  { session, runCache, environment, lockWriterOf, changedFiles }: ReproduceParts,
  stage: TrackedStage,
  inputs: SavedInputs,
  { isCommitted }: ReproduceOptions,
): Promise<void> {
  // Outs that are neither cached nor metrics or plots could not be brought back: such a run is not remembered.
  const isRemembered =
    isCommitted &&
    stage.outs.every(({ isCached, kind }) => isCached || kind !== "out") &&
    !isDataSource(stage);
  const outs = await saveOuts(session, stage, { isCommitted, keepsUncached: isRemembered });
  const entry = lockEntry(stage, inputs, outs);
  const key = isRemembered ? runKey(stage, entry) : undefined;
  if (key !== undefined) runCache.save(key, entry, environment.digest);
  const { repository } = session;
  const cached = stage.outs.filter(({ isCached }) => isCached).map(({ path }) => placeOf(repository, path));
  for (const file of ignoreInGit(repository, cached)) changedFiles.add(file);
  if (stage.name === undefined) {
    const place = placeOf(repository, stage.file);
    const text = writeDvcFile(
      stage.file,
      session.tree.readText(stage.file),
      singleStageFile(stage, inputs.deps, outs),
    );
    if (writeTextFile(place, text)) changedFiles.add(place);
    return;
  }
  const lockPath = stage.file.replace(/\.yaml$/, ".lock");
  const outcome = lockWriterOf(stage.file).write(stage.name, entry);
  if (outcome === "unchanged") return;
  const shownLock = session.show(lockPath);
  if (outcome === "generated") session.voice.say(`Generating lock file '${shownLock}'`);
  session.voice.say(`Updating lock file '${shownLock}'`);
  changedFiles.add(join(repository.root, lockPath));
}
