import { readdirSync, statSync } from "node:fs";
import type { BigIntStats, Dirent } from "node:fs";

import { Problem } from "#kernel/errors";

import type { PathState } from "../formats/entries.ts";
import { digestOfListing, writeListing } from "../formats/listing.ts";
import type { ListedFile } from "../formats/listing.ts";
import { problems } from "../problems.ts";
import type { Ignore } from "../repository/ignore.ts";
import { isDvcFile } from "../repository/source-tree.ts";
import type { HashPool } from "./hash-pool.ts";
import type { HashedFiles } from "./hash-files.ts";
import { fingerprint, sizeOfPrint } from "./file-print.ts";
import type { StatIndex } from "./stat-index.ts";

export interface ScanParts {
  readonly root: string;
  readonly ignore: Ignore;
  readonly index: StatIndex;
  readonly pool: HashPool;
}

export interface ScanOptions {
  /** Is told each file within the folder that describes data or a pipeline; what it throws ends the scan. */
  readonly meets?: (name: string) => void;
  readonly isLegacy?: boolean;
  /** Is called once all digests of a folder are known; its listing is still to be written. */
  readonly onHashed?: () => void;
  /** Stores what is not there yet: the folder of objects, whether an object is in it, where small ones may wait. */
  readonly store?: {
    readonly objects: string;
    readonly staged?: string | undefined;
    has(md5: string): boolean;
  };
}

/** What lies at a path now; a folder with its files and the text of their listing. */
export interface Scanned extends PathState {
  readonly listing: { readonly files: readonly ListedFile[]; readonly text: string } | undefined;
  /** How many files had to be read. */
  readonly hashedFiles: number;
}

const filesPerOrder = 256;

/** Takes the digest of a file or a folder, reading only what the index does not know. Undefined for nothing there. */
export async function scan(
  parts: ScanParts,
  place: string,
  options: ScanOptions = {},
): Promise<Scanned | undefined> {
  const status = statSync(place, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) return undefined;
  if (status.isFile()) return await scanFile(parts, place, status, options);
  if (status.isDirectory()) return await scanFolder(parts, place, options);
  throw new Problem(problems.dvc_path_refused, {
    message: `output '${place}' is not a file or directory`,
    data: { path: place },
  });
}

async function scanFile(
  parts: ScanParts,
  place: string,
  status: BigIntStats,
  options: ScanOptions,
): Promise<Scanned> {
  const slash = place.lastIndexOf("/");
  const [folder, name] = [place.slice(0, slash), place.slice(slash + 1)];
  const batch = new FolderBatch(parts, folder, options);
  if (!batch.know(name, status)) batch.ask(name);
  const [found] = await batch.answers();
  if (found === undefined) throw new Error(`${place} was not hashed`);
  return {
    md5: found.md5,
    sizeBytes: Number(status.size),
    files: undefined,
    isExecutable: (status.mode & 0o111n) !== 0n,
    listing: undefined,
    hashedFiles: batch.asked,
  };
}

async function scanFolder(parts: ScanParts, place: string, options: ScanOptions): Promise<Scanned> {
  const batches: { readonly prefix: string; readonly batch: FolderBatch }[] = [];
  const fromRoot = place === parts.root ? "" : place.slice(parts.root.length + 1);
  // A list of our own: a tree may be deeper than the stack.
  const folders = [{ folder: place, prefix: "", inRoot: fromRoot }];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const { folder, prefix, inRoot } = next;
    const batch = new FolderBatch(parts, folder, options);
    const names: string[] = [];
    const leavesOut = parts.ignore.leavesOutOf(inRoot);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const { name } = entry;
      const isFolder = isFolderEntry(entry, folder);
      if (leavesOut(name, isFolder)) continue;
      if (isFolder) {
        folders.push({
          folder: `${folder}/${name}`,
          prefix: `${prefix}${name}/`,
          inRoot: inRoot === "" ? name : `${inRoot}/${name}`,
        });
        continue;
      }
      if (name === ".dvcignore") throw ignoreFileInside(folder);
      if (options.meets !== undefined && isDvcFile(name)) options.meets(name);
      names.push(name);
      batch.add(name);
    }
    batch.keepOnly(names);
    batch.sendRest();
    if (names.length > 0) batches.push({ prefix, batch });
  }
  const files: ListedFile[] = [];
  let sizeBytes = 0;
  let hashedFiles = 0;
  for (const { prefix, batch } of batches) {
    for (const { name, md5, size } of await batch.answers()) {
      files.push({ path: `${prefix}${name}`, md5 });
      sizeBytes += size;
    }
    hashedFiles += batch.asked;
  }
  options.onHashed?.();
  const text = writeListing(files);
  return {
    md5: digestOfListing(text),
    sizeBytes,
    files: files.length,
    isExecutable: false,
    listing: { files, text },
    hashedFiles,
  };
}

interface Answer {
  readonly name: string;
  readonly md5: string;
  readonly size: number;
}

/** The files of one folder: what is known of them at once, what is not in orders to the pool. */
class FolderBatch {
  asked = 0;
  readonly #parts: ScanParts;
  readonly #folder: string;
  readonly #key: string;
  readonly #options: ScanOptions;
  readonly #known: ReturnType<StatIndex["folder"]>;
  readonly #answers: Answer[] = [];
  readonly #orders: Promise<readonly Answer[]>[] = [];
  #waiting: string[] = [];

  constructor(parts: ScanParts, folder: string, options: ScanOptions) {
    this.#parts = parts;
    this.#folder = folder;
    this.#key = `${options.isLegacy === true ? "legacy:" : ""}${folder}`;
    this.#options = options;
    this.#known = parts.index.folder(this.#key);
  }

  /** Looks at the file itself only where something is known of its folder. */
  add(name: string): void {
    if (this.#known?.has(name) === true) {
      const status = statSync(`${this.#folder}/${name}`, { bigint: true });
      if (this.know(name, status)) return;
    }
    this.ask(name);
  }

  know(name: string, status: BigIntStats): boolean {
    const known = this.#known?.get(name);
    if (known === undefined || known.print !== fingerprint(status)) return false;
    const { store } = this.#options;
    if (store !== undefined && !store.has(known.md5)) return false;
    this.#answers.push({ name, md5: known.md5, size: sizeOfPrint(known.print) });
    return true;
  }

  ask(name: string): void {
    this.asked += 1;
    this.#waiting.push(name);
    if (this.#waiting.length >= filesPerOrder) this.#send();
  }

  keepOnly(names: readonly string[]): void {
    if (this.#known !== undefined) this.#parts.index.keepOnly(this.#key, new Set(names));
  }

  /** All threads have something to do while other folders are still read. */
  sendRest(): void {
    if (this.#waiting.length > 0) this.#send();
  }

  async answers(): Promise<readonly Answer[]> {
    this.sendRest();
    const answered = await Promise.all(this.#orders);
    return [...this.#answers, ...answered.flat()];
  }

  #send(): void {
    const names = this.#waiting;
    this.#waiting = [];
    const order = {
      folder: this.#folder,
      names,
      isLegacy: this.#options.isLegacy === true,
      objects: this.#options.store?.objects,
      staged: this.#options.store?.staged,
      clockOffsetMs: this.#parts.index.clockOffsetMs,
    };
    const answer = this.#parts.pool.hash(order).then((hashed) => this.#take(names, hashed));
    // Awaited in `answers`; until then a failure must not end the process.
    answer.catch(() => undefined);
    this.#orders.push(answer);
  }

  #take(names: readonly string[], { md5s, sizes, records }: HashedFiles): readonly Answer[] {
    if (records !== "") this.#parts.index.rememberText(this.#key, records);
    return names.map((name, index) => ({ name, md5: md5s[index] ?? "", size: sizes[index] ?? 0 }));
  }
}

function isFolderEntry(entry: Dirent, folder: string): boolean {
  if (entry.isFile()) return false;
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(`${folder}/${entry.name}`, { throwIfNoEntry: false })?.isDirectory() === true;
}

function ignoreFileInside(folder: string): Problem {
  return new Problem(problems.dvc_path_refused, {
    message: `.dvcignore file should not be in collected dir path: '${folder}'`,
    next: "Move its rules into a .dvcignore above the tracked folder.",
  });
}
