import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { materialiseTree, putTree, readTree } from "#kernel/blobs";
import type { Blobs, StoredTree } from "#kernel/blobs";

import type { Stage } from "../definition/stages.ts";
import type { StepOut } from "../entities.ts";
import { isLeftover } from "../planning/ignore.ts";
import type { DatasetInput } from "../ports.ts";
import type { InputReader } from "./cache-key.ts";
import { digestPath } from "./file-digests.ts";

/** The folder in which the steps of one execution work. */
export interface Workspace extends InputReader {
  readonly folder: string;
  /** The HOME of its steps: what tools keep there is gone with the execution. */
  readonly home: string;
  /** Makes room for the outs of a stage: removes them, and makes the folders they go into. */
  clearOuts(stage: Stage): Promise<void>;
  materialiseOuts(outs: readonly StepOut[]): Promise<void>;
  /** Stores what the stage produced; names the first out that is not there, or is a link. */
  collectOuts(
    stage: Stage,
  ): Promise<readonly StepOut[] | { readonly missing: string; readonly isLink: boolean }>;
}

export interface WorkspaceContent {
  readonly code: StoredTree;
  /** Texts of files that stand in place of those of the tree. */
  readonly texts: ReadonlyMap<string, string>;
  readonly datasets: readonly DatasetInput[];
  readonly finished: readonly StepOut[];
}

/** Builds the folder from nothing, so that what a dead server left half written is never read. */
export async function openWorkspace(
  blobs: Blobs,
  path: string,
  content: WorkspaceContent,
): Promise<Workspace> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  const folder = join(path, "work");
  const home = join(path, "home");
  await mkdir(home, { recursive: true });
  await materialiseTree(blobs, content.code, folder);
  for (const [file, text] of content.texts) await writeFile(join(folder, file), text);
  for (const dataset of content.datasets) {
    await mkdir(dirname(join(folder, dataset.path)), { recursive: true });
    await dataset.materialise(join(folder, dataset.path));
  }
  const workspace = createWorkspace(blobs, folder, home);
  await workspace.materialiseOuts(content.finished);
  return workspace;
}

function createWorkspace(blobs: Blobs, folder: string, home: string): Workspace {
  const at = (path: string): string => join(folder, path);
  return {
    folder,
    home,
    digestOf: async (path) => await digestPath(at(path)),
    readText: async (path) => await readFile(at(path), "utf8").catch(() => undefined),
    async clearOuts(stage) {
      await mkdir(at(stage.wdir), { recursive: true });
      for (const out of stage.outs) {
        await rm(at(out.path), { recursive: true, force: true, maxRetries: 3 });
        await mkdir(dirname(at(out.path)), { recursive: true });
      }
    },
    async materialiseOuts(outs) {
      for (const out of outs) {
        await rm(at(out.path), { recursive: true, force: true, maxRetries: 3 });
        if (out.isFolder) await materialiseTree(blobs, await readTree(blobs, out.digest), at(out.path));
        else await blobs.materialise(out.digest, at(out.path));
      }
    },
    async collectOuts(stage) {
      const collected: StepOut[] = [];
      for (const { path, kind } of stage.outs) {
        const status = await lstat(at(path)).catch(() => undefined);
        if (status?.isFile() !== true && status?.isDirectory() !== true) {
          return { missing: path, isLink: status?.isSymbolicLink() === true };
        }
        collected.push({ path, kind, ...(await store(blobs, at(path), status.isDirectory())) });
      }
      return collected;
    },
  };
}

async function store(
  blobs: Blobs,
  path: string,
  isFolder: boolean,
): Promise<Pick<StepOut, "digest" | "sizeBytes" | "isFolder">> {
  if (!isFolder) return { ...(await blobs.putFile(path)), isFolder };
  const tree = await putTree(blobs, path, {
    ignore: (below) => below.replace(/\/$/, "").split("/").some(isLeftover),
  });
  return {
    digest: tree.digest,
    sizeBytes: tree.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    isFolder,
  };
}

/** Keeps the newest folders of executions that failed, for whoever looks for the cause, and removes the others. */
export async function removeOldWorkspaces(
  executionsFolder: string,
  kept: number,
  inUse: ReadonlySet<string>,
): Promise<void> {
  const names = await readdir(executionsFolder).catch(() => []);
  const idle = names.filter((name) => !inUse.has(name));
  const dated = await Promise.all(
    idle.map(async (name) => ({
      name,
      atMs: (await stat(join(executionsFolder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  for (const { name } of dated.toSorted((a, b) => b.atMs - a.atMs).slice(kept)) {
    await rm(join(executionsFolder, name), { recursive: true, force: true, maxRetries: 3 });
  }
}
