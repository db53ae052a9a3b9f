import { pathChange, outChange, parameterChanges, isAskedElsewhere } from "./changes.ts";
import type { PathChange } from "./changes.ts";
import { stageDigest } from "./stage-digest.ts";
import { addressOf, describeStage, isCallback, isRepositoryImport } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";
import { chooseStages } from "./targets.ts";
import type { Chosen } from "./targets.ts";

/** What `dvc status --json` prints: by stage, what has changed since its last run. */
export type Status = Readonly<Record<string, readonly StatusItem[]>>;
export type StatusItem =
  | string
  | Readonly<Record<string, Readonly<Record<string, string | Readonly<Record<string, string>>>>>>;

export interface StatusOptions {
  readonly targets: readonly string[];
  readonly withDependencies?: boolean;
  readonly isRecursive?: boolean;
}

/** Compares the work tree with what the files and the cache say of it. Throws `dvc_target_unknown`. */
export async function status(session: Session, options: StatusOptions): Promise<Status> {
  const project = await session.loadProject();
  const result: Record<string, readonly StatusItem[]> = {};
  for (const chosen of await chooseStages(session, project, options)) {
    const items = await stageStatus(session, chosen);
    if (items.length > 0) result[addressOf(chosen.stage, session.show)] = items;
  }
  return result;
}

async function stageStatus(session: Session, { stage, within }: Chosen): Promise<readonly StatusItem[]> {
  const items: StatusItem[] = [];
  if (stage.isFrozen && !isRepositoryImport(stage)) {
    session.voice.warn(
      `${describeStage(stage, session.show)} is frozen. Its dependencies are not going to be shown in the status output.`,
    );
  } else if (!isAskedElsewhere(stage)) {
    const changed = await dependencyChanges(session, stage);
    if (Object.keys(changed).length > 0) items.push({ "changed deps": changed });
  }
  const outs: Record<string, PathChange> = {};
  for (const out of stage.outs) {
    if (within !== undefined && !isAtOrBelow(out.path, within)) continue;
    const change = await outChange(session, out);
    if (change !== undefined) outs[session.show(out.path)] = change;
  }
  if (Object.keys(outs).length > 0) items.push({ "changed outs": outs });
  if (isCallback(stage) || stage.alwaysChanged) items.push("always changed");
  const ownChange = changedItself(stage);
  if (ownChange !== undefined) items.push(ownChange);
  return items;
}

/** How dependencies and parameters differ from those of the last run. */
export async function dependencyChanges(
  session: Session,
  stage: TrackedStage,
): Promise<Record<string, string | Readonly<Record<string, string>>>> {
  const changed: Record<string, string | Readonly<Record<string, string>>> = {};
  for (const dependency of stage.dependencies) {
    const change = await pathChange(session, dependency);
    if (change !== undefined) changed[session.show(dependency.path)] = change;
  }
  for (const parameters of stage.parameters) {
    const change = parameterChanges(session, parameters);
    if (typeof change === "string" || Object.keys(change).length > 0)
      changed[session.show(parameters.file)] = change;
  }
  return changed;
}

/** Whether the stage itself was written anew since its last run, in the words of `status`. */
export function changedItself(stage: TrackedStage): string | undefined {
  if (stage.name === undefined) return stageDigest(stage) === stage.md5 ? undefined : "changed checksum";
  const { cmd, lockedCmd } = stage;
  return lockedCmd !== undefined && JSON.stringify(cmd) !== JSON.stringify(lockedCmd)
    ? "changed command"
    : undefined;
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`) || folder.startsWith(`${path}/`);
}
