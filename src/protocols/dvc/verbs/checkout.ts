import { statSync } from "node:fs";

import { Problem } from "#kernel/errors";

import { removePath } from "../files/work-tree.ts";
import { problems } from "../problems.ts";
import { placeOf } from "../repository/repository.ts";
import { keyOf } from "../repository/stages.ts";
import type { Session } from "../session.ts";
import { checkoutOut } from "./checkout-out.ts";
import { forgottenOuts, rememberOuts } from "./remembered-outs.ts";
import { chooseStages } from "./targets.ts";
import type { TargetOptions } from "./targets.ts";

/** What a checkout changed, as DVC tells it: folders end in a slash. */
export interface CheckoutResult {
  readonly added: readonly string[];
  readonly modified: readonly string[];
  readonly deleted: readonly string[];
  /** Outs that could not be made. */
  readonly failed: readonly string[];
  /** Files, not folders. */
  readonly stats: { readonly modified: number; readonly added: number; readonly deleted: number };
}

export interface CheckoutVerbOptions extends TargetOptions {
  readonly isForced?: boolean;
  readonly isRelinked?: boolean;
  readonly allowsMissing?: boolean;
}

/** Makes tracked data in the work tree what the files say. What cannot be made is listed, the rest is done. */
export async function checkout(session: Session, options: CheckoutVerbOptions): Promise<CheckoutResult> {
  const project = await session.loadProject();
  const changes: Record<"added" | "modified" | "deleted", string[]> = {
    added: [],
    modified: [],
    deleted: [],
  };
  const stats = { modified: 0, added: 0, deleted: 0 };
  const failed: string[] = [];
  if (options.targets.length === 0) {
    for (const { path, isFolder } of await forgottenOuts(session, project)) {
      removePath(placeOf(session.repository, path));
      changes.deleted.push(`${session.show(path)}${isFolder ? "/" : ""}`);
      stats.deleted += 1;
    }
  }
  const done = new Set<string>();
  for (const { stage, within } of await chooseStages(session, project, options)) {
    for (const out of stage.outs) {
      if (within !== undefined && !isTouched(out.path, within)) continue;
      if (done.has(`${keyOf(stage)}\0${out.path}\0${within ?? ""}`)) continue;
      done.add(`${keyOf(stage)}\0${out.path}\0${within ?? ""}`);
      if (out.isCached && out.digest === undefined && !isThere(session, out.path)) {
        session.voice.warn(
          `No file hash info found for '${placeOf(session.repository, out.path)}'. It won't be created.`,
        );
        if (options.allowsMissing !== true) failed.push(session.show(out.path));
        continue;
      }
      try {
        const outcome = await checkoutOut(session, out, {
          isForced: options.isForced ?? false,
          isRelinked: options.isRelinked ?? false,
          within,
        });
        if (outcome === undefined) continue;
        const isFolder = out.digest?.md5.endsWith(".dir") === true;
        changes[outcome.change].push(`${session.show(out.path)}${isFolder ? "/" : ""}`);
        stats.added += outcome.added;
        stats.modified += outcome.modified;
        stats.deleted += outcome.deleted;
      } catch (error) {
        const isMissing =
          error instanceof Problem &&
          (error.code === problems.dvc_object_missing.code ||
            error.code === problems.dvc_object_damaged.code);
        if (!isMissing) throw error;
        if (options.allowsMissing !== true) failed.push(session.show(out.path));
      }
    }
  }
  await rememberOuts(session, project);
  return {
    added: sortPaths(changes.added),
    modified: sortPaths(changes.modified),
    deleted: sortPaths(changes.deleted),
    failed,
    stats,
  };
}

/** What a checkout that could not make everything ends with. */
export function checkoutFailed(failed: readonly string[]): Problem {
  return new Problem(problems.dvc_object_missing, {
    message: `Checkout failed for following targets:\n${failed.join("\n")}\nIs your cache up to date?`,
    data: { targets: failed },
  });
}

function isThere({ repository }: Session, path: string): boolean {
  return statSync(placeOf(repository, path), { throwIfNoEntry: false }) !== undefined;
}

function isTouched(outPath: string, within: string): boolean {
  return outPath === within || within.startsWith(`${outPath}/`) || outPath.startsWith(`${within}/`);
}

/** Folders before files, each by name. */
function sortPaths(paths: readonly string[]): readonly string[] {
  const isFolder = (path: string): boolean => path.endsWith("/");
  return paths.toSorted((a, b) =>
    isFolder(a) === isFolder(b) ? (a < b ? -1 : a > b ? 1 : 0) : isFolder(a) ? -1 : 1,
  );
}
