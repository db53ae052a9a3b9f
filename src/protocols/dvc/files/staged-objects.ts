import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { removeAbandoned, stagedName } from "./half-written.ts";
import { writeObject } from "./store-object.ts";

/**
 * The objects of a large add before anybody sees them: they are written under their last names in a folder of
 * their own, which becomes a folder of the cache at once. To write each aside and to rename it costs a fifth of
 * the whole add. It is only for those of the 256 folders that the cache does not have yet; into the others every
 * object comes by itself.
 */
export interface StagedObjects {
  readonly folder: string;
  /** Brings into sight what was staged: whole folders, or file by file where somebody has made the folder since. */
  publish(): void;
  /** Takes away what was staged, after nobody writes there any more. */
  discard(): void;
}

// Two characters would make it an object in the eyes of DVC, which looks at the last two parts of a path.
const goalPrefix = "into-";

export function openStagedObjects(objects: string): StagedObjects {
  removeAbandoned(objects);
  const folder = join(objects, stagedName());
  mkdirSync(folder, { recursive: true });
  return {
    folder,
    publish: () => publishStaged(folder, objects),
    discard: () => discard(folder),
  };
}

/** Brings what was staged in a folder into sight among the objects, and takes the folder away. */
export function publishStaged(folder: string, objects: string): void {
  for (const name of readdirSync(folder))
    publishFolder(`${folder}/${name}`, `${objects}/${name.slice(goalPrefix.length)}`);
  discard(folder);
}

function discard(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function publishFolder(staged: string, goal: string): void {
  try {
    renameSync(staged, goal);
  } catch (error) {
    if (!existsSync(goal)) throw error;
    // One that is there already is replaced by what this process has written itself.
    for (const name of readdirSync(staged)) renameSync(join(staged, name), join(goal, name));
  }
}

// What this thread knows of the staging it works for: which of the 256 folders go through it. An array, because a
// map of texts enters each key it is asked for into V8's table of names: a hundredth of an add.
let known: { readonly folder: string; readonly goesThrough: (boolean | undefined)[] } | undefined;

/** Stages an object, unless the cache has its folder: then it says false, and the object is to be stored at once. */
export function stageBytes(objects: string, folder: string, md5: string, bytes: Uint8Array): boolean {
  if (known?.folder !== folder) known = { folder, goesThrough: [] };
  const number = hexDigit(md5, 0) * 16 + hexDigit(md5, 1);
  const goesThrough = (known.goesThrough[number] ??= beginFolder(objects, folder, md5.slice(0, 2)));
  if (goesThrough) writeOnce(`${folder}/${goalPrefix}${md5.slice(0, 2)}/${md5.slice(2)}`, bytes);
  return goesThrough;
}

function hexDigit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

function beginFolder(objects: string, folder: string, prefix: string): boolean {
  if (existsSync(`${objects}/${prefix}`)) return false;
  const place = `${folder}/${goalPrefix}${prefix}`;
  if (!existsSync(place)) makeFolder(place);
  return true;
}

/** Another thread may have made it. */
function makeFolder(place: string): void {
  try {
    mkdirSync(place);
  } catch (error) {
    if (!isThere(error)) throw error;
  }
}

/** Two files with the same bytes are one object; if the other thread cannot finish it, the whole add fails. */
function writeOnce(place: string, bytes: Uint8Array): void {
  try {
    writeObject(place, bytes);
  } catch (error) {
    if (!isThere(error)) throw error;
  }
}

function isThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}
