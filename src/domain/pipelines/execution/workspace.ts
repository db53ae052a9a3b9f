import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { materialiseTree, putTree, readTree } from "#kernel/blobs";
import type { Blobs } from "#kernel/blobs";
import type { Digest } from "#kernel/digest";

import { foldersAbove } from "../definition/path-set.ts";
import type { Stage } from "../definition/stages.ts";
import type { StepOut } from "../entities.ts";
import { isLeftover } from "../planning/ignore.ts";
import type { DatasetInput } from "../ports.ts";
import type { InputReader } from "./cache-key.ts";
import { digestListing, digestPath } from "./file-digests.ts";
import { createKnownFiles } from "./known-files.ts";
import type { KnownContent } from "./known-files.ts";

/**
 * The folder in which the steps of one execution work. It is not made before the first step runs, and
 * results that were taken over lie in it only once a step that comes after them runs: an execution in
 * which nothing changed writes no file.
 */
export interface Workspace extends InputReader {
  readonly folder: string;
  /** The HOME of its steps: what tools keep there is gone with the execution. */
  readonly home: string;
  /** Says what earlier steps made, without writing it. */
  addOuts(place: number, outs: readonly StepOut[]): Promise<void>;
  /**
   * Makes the folder ready for a step: writes what the steps before it made, removes its own outs but for
   * `kept`, which are written as the last run of the stage left them.
   */
  prepare(step: {
    readonly place: number;
    readonly stage: Stage;
    readonly kept: readonly StepOut[];
  }): Promise<void>;
  /** Stores what the stage produced; names the first out that is not there, or is a link. */
  collectOuts(stage: Stage): Promise<readonly StepOut[] | MissingOut>;
  /** Stores a folder that lies in it; undefined when it is not there or empty. */
  storeFolder(path: string): Promise<Digest | undefined>;
  /** Writes a stored folder, unless there is one at the path. */
  restoreFolder(path: string, digest: Digest): Promise<void>;
  /** Writes a stored folder in place of what is at the path. */
  replaceFolder(path: string, digest: Digest): Promise<void>;
}

export interface MissingOut {
  readonly missing: string;
  readonly isLink: boolean;
}

export interface WorkspaceContent extends KnownContent {
  readonly datasets: readonly DatasetInput[];
  /** The places of the steps that a step comes after. */
  after(place: number): readonly number[];
}

export function createWorkspace(blobs: Blobs, path: string, content: WorkspaceContent): Workspace {
  const folder = join(path, "work");
  const home = join(path, "home");
  const at = (inner: string): string => join(folder, inner);
  const known = createKnownFiles(blobs, content);
  const outsAt = new Map<number, readonly StepOut[]>();
  const unwritten = createUnwritten();
  const isWritten = new Set<number>();
  let opened: Promise<void> | undefined;
  let writing: Promise<void> = Promise.resolve();

  /** Builds the folder from nothing, so that what a dead server left half written is never read. */
  async function open(): Promise<void> {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(home, { recursive: true });
    await materialiseTree(blobs, content.code, folder);
    for (const [file, text] of content.texts) await writeFile(at(file), text);
    for (const dataset of content.datasets) {
      await mkdir(dirname(at(dataset.path)), { recursive: true });
      await dataset.materialise(at(dataset.path));
    }
  }

  async function writeOut(out: StepOut): Promise<void> {
    await rm(at(out.path), { recursive: true, force: true, maxRetries: 3 });
    if (out.isFolder) await materialiseTree(blobs, await readTree(blobs, out.digest), at(out.path));
    else await blobs.materialise(out.digest, at(out.path));
    unwritten.delete(out.path);
  }

  async function writeOutsBefore(place: number): Promise<void> {
    const stack = [...content.after(place)];
    for (let earlier = stack.pop(); earlier !== undefined; earlier = stack.pop()) {
      if (isWritten.has(earlier)) continue;
      for (const out of outsAt.get(earlier) ?? []) if (unwritten.at(out.path) === out) await writeOut(out);
      isWritten.add(earlier);
      stack.push(...content.after(earlier));
    }
  }

  /** One after the other: two steps may come after the same result. */
  async function inTurn(work: () => Promise<void>): Promise<void> {
    const turn = writing.then(work);
    writing = turn.catch(() => {});
    await turn;
  }

  return {
    folder,
    home,
    async addOuts(place, outs) {
      outsAt.set(place, outs);
      if (!isWritten.has(place)) for (const out of outs) unwritten.add(out);
      if (opened === undefined) await known.addOuts(outs);
    },
    async digestOf(path) {
      if (opened === undefined) return await known.digestOf(path);
      await opened;
      const out = unwritten.at(path);
      if (out !== undefined)
        return out.isFolder ? digestListing((await readTree(blobs, out.digest)).files) : out.digest;
      if (!unwritten.touches(path)) return await digestPath(at(path));
      // Parts of it lie in results that nobody has needed yet.
      await inTurn(async () => {
        for (const touched of unwritten.touching(path)) await writeOut(touched);
      });
      return await digestPath(at(path));
    },
    async readText(path) {
      if (opened === undefined) return await known.readText(path);
      await opened;
      const out = unwritten.at(path);
      if (out !== undefined && !out.isFolder) return await blobs.readText(out.digest);
      return await readFile(at(path), "utf8").catch(() => undefined);
    },
    async prepare({ place, stage, kept }) {
      await (opened ??= open());
      await inTurn(async () => await writeOutsBefore(place));
      await mkdir(at(stage.wdir), { recursive: true });
      for (const out of stage.outs) {
        await rm(at(out.path), { recursive: true, force: true, maxRetries: 3 });
        await mkdir(dirname(at(out.path)), { recursive: true });
      }
      for (const out of kept) await writeOut(out);
      isWritten.add(place);
    },
    async collectOuts(stage) {
      const collected = await Promise.all(
        stage.outs.map(async ({ path, kind }): Promise<StepOut | MissingOut> => {
          const status = await lstat(at(path)).catch(() => undefined);
          if (status?.isFile() !== true && status?.isDirectory() !== true)
            return { missing: path, isLink: status?.isSymbolicLink() === true };
          return { path, kind, ...(await store(blobs, at(path), status.isDirectory())) };
        }),
      );
      const outs: StepOut[] = [];
      for (const one of collected) {
        if ("missing" in one) return one;
        outs.push(one);
      }
      return outs;
    },
    async storeFolder(path) {
      const status = await lstat(at(path)).catch(() => undefined);
      if (status?.isDirectory() !== true) return undefined;
      const tree = await putTree(blobs, at(path));
      return tree.files.length === 0 ? undefined : tree.digest;
    },
    async restoreFolder(path, digest) {
      if ((await lstat(at(path)).catch(() => undefined)) !== undefined) return;
      await materialiseTree(blobs, await readTree(blobs, digest), at(path));
    },
    async replaceFolder(path, digest) {
      const tree = await readTree(blobs, digest);
      await rm(at(path), { recursive: true, force: true, maxRetries: 3 });
      await materialiseTree(blobs, tree, at(path));
    },
  };
}

interface Unwritten {
  add(out: StepOut): void;
  delete(path: string): void;
  at(path: string): StepOut | undefined;
  /** Whether something unwritten lies at, in or above the path. */
  touches(path: string): boolean;
  touching(path: string): readonly StepOut[];
}

function createUnwritten(): Unwritten {
  const outs = new Map<string, StepOut>();
  const within = new Map<string, Set<string>>();
  const touching = (path: string): readonly StepOut[] =>
    [path, ...foldersAbove(path), ...(within.get(path) ?? [])].flatMap((one) => outs.get(one) ?? []);
  return {
    add(out) {
      outs.set(out.path, out);
      for (const folder of foldersAbove(out.path)) {
        const members = within.get(folder);
        if (members === undefined) within.set(folder, new Set([out.path]));
        else members.add(out.path);
      }
    },
    delete(path) {
      if (!outs.delete(path)) return;
      for (const folder of foldersAbove(path)) {
        const members = within.get(folder);
        members?.delete(path);
        if (members?.size === 0) within.delete(folder);
      }
    },
    at: (path) => outs.get(path),
    touches: (path) =>
      outs.has(path) || within.has(path) || foldersAbove(path).some((folder) => outs.has(folder)),
    touching,
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
