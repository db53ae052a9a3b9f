import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { onDisk, syncFolder, systemCode } from "../disk.ts";
import { Problem } from "../errors.ts";
import { hasCertainlyEnded, processIdentity } from "../process-identity.ts";
import { problems } from "./problems.ts";

/**
 * The files of an append log's folder:
 *
 * - `<writer>.<number>.ndjson`: a segment. Its name never changes, so that a query that was given the
 *   path can still read it while the segment is sealed.
 * - `<writer>.<number>.sealed`: an empty mark that the segment is complete and no longer written.
 * - `<writer>.lock`: who writes under that name.
 */
export interface Segment {
  readonly name: string;
  readonly path: string;
  readonly writer: string;
  readonly sealed: boolean;
}

/** All segments in the folder, oldest first per writer; none when the folder is absent. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const names = new Set(await namesIn(folder));
  return [...names]
    .filter((name) => name.endsWith(segmentEnding))
    .toSorted()
    .map((name) => ({
      name,
      path: join(folder, name),
      writer: writerOf(name),
      sealed: names.has(markName(name)),
    }));
}

export function segmentName(writer: string, number: number): string {
  return `${writer}.${number.toString().padStart(9, "0")}${segmentEnding}`;
}

/** One more than the highest ever seen: also the marks of removed segments count. */
export async function nextSegmentNumber(folder: string, writer: string): Promise<number> {
  const numbers = (await namesIn(folder))
    .filter((name) => writerOf(name) === writer && /\.\d{9}\.(ndjson|sealed)$/.test(name))
    .map((name) => Number(name.split(".").at(-2)));
  return Math.max(0, ...numbers) + 1;
}

export async function markSealed(folder: string, name: string): Promise<void> {
  await writeFile(join(folder, markName(name)), "");
  await syncFolder(folder);
}

/** Takes the writer's name for this process; a lock whose process has certainly ended is taken over. Returns the release. */
export async function lockWriter(folder: string, writer: string): Promise<() => Promise<void>> {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(writer)) throw new Error(`"${writer}" is no name for a writer of a log`);
  const lock = lockPath(folder, writer);
  await onDisk(folder, async () => {
    await mkdir(folder, { recursive: true });
    const owner = await lockOwner(lock);
    if (owner !== undefined && !hasCertainlyEnded(owner)) throw inUse(folder, writer, owner);
    if (owner !== undefined) await rm(lock, { force: true });
    // A link appears with its content and fails when another was faster; writing a new file does neither.
    const own = join(folder, `.${randomUUID()}.part`);
    await writeFile(own, processIdentity);
    try {
      await link(own, lock);
    } catch (error) {
      throw systemCode(error) === "EEXIST" ? inUse(folder, writer, "another process") : error;
    } finally {
      await rm(own, { force: true });
    }
  });
  return async () => await rm(lock, { force: true });
}

/**
 * Completes what a writer's earlier process left open: cuts the torn tail and seals. Only for one who
 * holds the writer's lock.
 */
export async function recoverWriter(folder: string, writer: string): Promise<void> {
  for (const segment of await listSegments(folder)) {
    if (segment.writer !== writer || segment.sealed) continue;
    await onDisk(folder, async () => {
      await cutTornTail(segment.path);
      await markSealed(folder, segment.name);
    });
  }
}

/** Seals the segments of writers whose process has ended and that nobody opened again. Returns their names. */
export async function recoverAbandoned(folder: string): Promise<string[]> {
  const recovered: string[] = [];
  const writers = new Set(
    (await listSegments(folder)).filter((segment) => !segment.sealed).map(({ writer }) => writer),
  );
  for (const writer of writers) {
    const owner = await lockOwner(lockPath(folder, writer));
    if (owner !== undefined && !hasCertainlyEnded(owner)) continue;
    const unlock = await lockWriter(folder, writer);
    await recoverWriter(folder, writer);
    await unlock();
    recovered.push(writer);
  }
  return recovered;
}

/**
 * Removes a segment whose records are kept elsewhere. The mark of the writer's youngest segment stays,
 * so that its number is not used again.
 */
export async function removeSegment(folder: string, segment: Segment): Promise<void> {
  await rm(segment.path, { force: true });
  const marks = (await namesIn(folder)).filter((name) => name.endsWith(markEnding)).toSorted();
  const youngest = marks.findLast((name) => writerOf(name) === segment.writer);
  const own = markName(segment.name);
  if (own !== youngest) await rm(join(folder, own), { force: true });
}

const markEnding = ".sealed";
const segmentEnding = ".ndjson";

/**
 * Cuts what follows the last whole line. A power cut may also leave lines that are not JSON, all of
 * them later than anything acknowledged; they go to a `.torn` file beside, for a person to look at.
 */
async function cutTornTail(path: string): Promise<void> {
  const bytes = await readFile(path);
  const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
  const lines = whole.toString("utf8").split("\n").slice(0, -1);
  const torn = lines.filter((line) => !isJsonObject(line));
  if (torn.length > 0) await writeFile(`${path}.torn`, torn.join("\n"));
  if (torn.length > 0) {
    const kept = `${path}.part`;
    await writeDurably(
      kept,
      lines
        .filter(isJsonObject)
        .map((line) => `${line}\n`)
        .join(""),
    );
    await rename(kept, path);
    return;
  }
  if (whole.byteLength === bytes.byteLength) return;
  const handle = await open(path, "r+");
  await handle.truncate(whole.byteLength);
  await handle.sync();
  await handle.close();
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, "w");
  await handle.writeFile(text);
  await handle.sync();
  await handle.close();
}

function isJsonObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

async function lockOwner(lock: string): Promise<string | undefined> {
  try {
    await stat(lock);
    return await readFile(lock, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function inUse(folder: string, writer: string, owner: string): Problem {
  return new Problem(problems.log_in_use, {
    message: `The log in ${folder} is already being written under the name ${writer} by ${owner}.`,
    data: { folder, writer, owner },
  });
}

function lockPath(folder: string, writer: string): string {
  return join(folder, `${writer}.lock`);
}

function markName(segment: string): string {
  return `${segment.slice(0, -segmentEnding.length)}${markEnding}`;
}

function writerOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf(".")));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
