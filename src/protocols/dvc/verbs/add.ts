import { cpSync, existsSync, globSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";

import { Problem } from "#kernel/errors";

import type { Cache } from "../files/cache.ts";
import { holdManyFiles } from "../files/hash-pool.ts";
import type { Scanned, ScanOptions } from "../files/scan.ts";
import { openStagedObjects } from "../files/staged-objects.ts";
import { removePath } from "../files/work-tree.ts";
import { trackedEntry } from "../formats/entries.ts";
import type { PathState } from "../formats/entries.ts";
import { digestOfListing, writeListing } from "../formats/listing.ts";
import type { ListedFile } from "../formats/listing.ts";
import { isYamlList, isYamlMapping } from "../formats/yaml-value.ts";
import type { YamlMapping } from "../formats/yaml-value.ts";
import { writeYaml } from "../formats/yaml-writer.ts";
import { problems } from "../problems.ts";
import { ignoreInGit } from "../repository/git-ignore-file.ts";
import type { Project } from "../repository/project.ts";
import { pathFromRoot, placeOf } from "../repository/repository.ts";
import type { TrackedOut } from "../repository/stages.ts";
import type { Session } from "../session.ts";
import { orderFor } from "./add-order.ts";
import type { AddOrder } from "./add-order.ts";
import { checkoutOut, linkKinds } from "./checkout-out.ts";
import { refuseTrackedInGit } from "./refuse-tracked-in-git.ts";
import { trackInGit } from "./track-in-git.ts";
import { writeTextFile } from "./write-text-file.ts";

export interface AddOptions {
  readonly targets: readonly string[];
  readonly isGlob?: boolean;
  /** Only write the `.dvc` file; nothing goes into the cache. */
  readonly isNotCommitted?: boolean;
  /** Copy the target here first. */
  readonly out?: string;
  readonly isForced?: boolean;
  /** Leave the files of the work tree as they are, whatever kind of link the settings ask for. */
  readonly isNotRelinked?: boolean;
}

/** What was added: the `.dvc` file and what it says. */
export interface Added {
  readonly file: string;
  readonly path: string;
  readonly state: PathState;
}

/**
 * Tracks files and folders: their bytes go into the cache, a `.dvc` file beside each says what they are,
 * Git ignores them. All targets are looked at before anything is written.
 */
export async function add(session: Session, options: AddOptions): Promise<readonly Added[]> {
  const { here } = session.repository;
  const { pool } = session;
  // Whoever had nothing else to do has looked already.
  const isLarge = pool.isStarted || holdManyFiles(options.targets.map((target) => resolve(here, target)));
  if (isLarge) pool.start();
  const targets = expandTargets(here, options);
  if (options.out !== undefined) {
    // What is wrong with the project is told before anything is written.
    await session.loadProject();
    targets.splice(0, targets.length, copyTo(here, targets, options.out, options.isForced));
  }
  const [target, second] = targets;
  if (isLarge && target !== undefined && second === undefined)
    return await addLarge(session, options, target);
  const project = await session.loadProject();
  return await addAll(session, options, { targets, project, isLarge });
}

/**
 * A large folder is read once: what it may hold of DVC's own files, which decide whether it can be added, is noticed
 * on the way, and then everything begins anew in the usual order.
 */
async function addLarge(session: Session, options: AddOptions, target: string): Promise<readonly Added[]> {
  const path = pathFromRoot(session.repository, resolve(session.repository.here, target));
  const order = { targets: [target], isLarge: true, isOnly: true };
  try {
    const project = await session.loadProjectBeside(path);
    return await addAll(session, options, { ...order, project, meets: stopAtDvcFile });
  } catch (error) {
    if (error !== dvcFileInside) throw error;
    return await addAll(session, options, { ...order, project: await session.loadProject() });
  }
}

const dvcFileInside = new Error("a file of DVC lies within the folder");

function stopAtDvcFile(): never {
  throw dvcFileInside;
}

/** How all targets are looked at. */
interface Looking {
  readonly isLarge: boolean;
  /** There is no other target: threads may end while the rest is written. */
  readonly isOnly?: boolean;
  readonly meets?: () => void;
}

async function addAll(
  session: Session,
  options: AddOptions,
  {
    targets,
    project,
    ...looking
  }: Looking & { readonly targets: readonly string[]; readonly project: Project },
): Promise<readonly Added[]> {
  const { here } = session.repository;
  const orders = targets.map((target) => orderFor(session, project, resolve(here, target), target));
  refuseTrackedInGit(
    session,
    orders.filter(({ owner }) => owner === undefined).map(({ place }) => place),
  );
  const added: Added[] = [];
  const changed: string[] = [];
  for (const order of orders) {
    const state = await hashAndStore(session, order, options, looking);
    const written = await writeDvc(session, order, state);
    changed.push(
      written.place,
      ...ignoreInGit(session.repository, [placeOf(session.repository, order.path)]),
    );
    if (options.isNotCommitted !== true && options.isNotRelinked !== true)
      await relink(session, order, state);
    added.push({ file: written.file, path: order.path, state });
  }
  trackInGit(session, changed);
  return added;
}

async function hashAndStore(
  session: Session,
  order: AddOrder,
  { isNotCommitted = false }: AddOptions,
  { isLarge, isOnly, meets }: Looking,
): Promise<Scanned> {
  const { cache } = session;
  const path = order.part === "" ? order.path : `${order.path}/${order.part}`;
  const look = meets === undefined ? {} : { meets };
  const scanned = isNotCommitted
    ? await session.look(path, look)
    : isLarge
      ? await lookStaged(session, path, look)
      : await session.look(path, { ...look, store: storeOf(cache) });
  if (isOnly === true) void session.pool.close();
  cache.forget();
  const state = order.part === "" ? scanned : withPart(session, order, scanned);
  if (state === undefined) throw new Error(`${path} went away while it was added`);
  if (!isNotCommitted && state.listing !== undefined) cache.storeListing(state.md5, state.listing.text);
  return state;
}

async function lookStaged(session: Session, path: string, look: ScanOptions): Promise<Scanned | undefined> {
  const { cache, index, pool } = session;
  const staged = openStagedObjects(cache.objects);
  // What needs no more than the digests is done beside the writing of the listing.
  let finished: Promise<unknown> | undefined;
  const finish = (): void => {
    const errands = [pool.elsewhere({ kind: "publish", folder: staged.folder, objects: cache.objects })];
    index.save((file, text) => errands.push(pool.elsewhere({ kind: "write index", file, text })));
    finished = Promise.all(errands);
    // Awaited below; until then a failure must not end the process.
    finished.catch(() => undefined);
  };
  try {
    const store = { ...storeOf(cache), staged: staged.folder };
    const scanned = await session.look(path, { ...look, store, onHashed: finish });
    // A file has no listing.
    if (finished === undefined) finish();
    await finished;
    return scanned;
  } catch (error) {
    await pool.close();
    staged.discard();
    throw error;
  }
}

function storeOf(cache: Cache): { readonly objects: string; has(md5: string): boolean } {
  return { objects: cache.objects, has: (md5) => cache.has({ md5, isLegacy: false }) };
}

/** The folder's listing with the named part as it is now; the rest as it was added. */
function withPart(session: Session, { path, part, owner }: AddOrder, found: Scanned | undefined): Scanned {
  const digest = owner?.out.digest;
  const before = digest === undefined ? [] : session.cache.listing(digest);
  if (before === undefined) {
    throw new Problem(problems.dvc_object_missing, {
      message: `could not read the listing ${digest?.md5 ?? ""} of '${session.show(path)}', which the part belongs to.`,
    });
  }
  const others = before.filter((file) => file.path !== part && !file.path.startsWith(`${part}/`));
  const inPart: readonly ListedFile[] =
    found === undefined
      ? []
      : found.listing === undefined
        ? [{ path: part, md5: found.md5 }]
        : found.listing.files.map((file) => ({ path: `${part}/${file.path}`, md5: file.md5 }));
  const files = [...others, ...inPart];
  const text = writeListing(files);
  const sizeBytes =
    others.length === before.length ? (owner?.out.sizeBytes ?? 0) + (found?.sizeBytes ?? 0) : undefined;
  return {
    md5: digestOfListing(text),
    sizeBytes: sizeBytes ?? sizeOf(session, files),
    files: files.length,
    isExecutable: false,
    listing: { files, text },
    hashedFiles: found?.hashedFiles ?? 0,
  };
}

function sizeOf({ cache }: Session, files: readonly ListedFile[]): number {
  return files.reduce((sum, { md5 }) => {
    const place = cache.placeOf({ md5, isLegacy: false });
    return sum + (statSync(place, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}

async function writeDvc(
  session: Session,
  order: AddOrder,
  state: PathState,
): Promise<{ file: string; place: string }> {
  const { owner } = order;
  const file = owner?.stage.file ?? `${order.path}.dvc`;
  const before = owner === undefined ? undefined : session.tree.readText(file);
  const entry = trackedEntry(owner?.out.written ?? basename(order.path), state);
  const content = withEntry(owner?.stage.raw ?? {}, owner?.out, entry);
  const place = placeOf(session.repository, file);
  writeTextFile(place, before === undefined ? writeYaml(content) : await rewritten(file, before, content));
  return { file, place };
}

/** What reads YAML is loaded only where there is something to read. */
async function rewritten(file: string, before: string, content: YamlMapping): Promise<string> {
  const { writeDvcFile } = await import("../formats/dvc-file.ts");
  return writeDvcFile(file, before, content);
}

/** A `.dvc` file's content with one out renewed; what people wrote there stays. */
function withEntry(raw: YamlMapping, out: TrackedOut | undefined, entry: YamlMapping): YamlMapping {
  if (out === undefined || !isYamlList(raw["outs"])) return { ...raw, outs: [entry] };
  const found = ["md5", "size", "nfiles", "isexec", "hash", "files"];
  return {
    ...raw,
    outs: raw["outs"].map((item) => {
      if (!isYamlMapping(item) || item["path"] !== out.written) return item;
      const kept = Object.entries(item).filter(([key]) => !found.includes(key) || key in entry);
      return { ...Object.fromEntries(kept), ...entry };
    }),
  };
}

async function relink(session: Session, { path, owner }: AddOrder, state: Scanned): Promise<void> {
  const kinds = linkKinds(session);
  // A copy is what lies there; other kinds replace the files by links to the cache.
  if (kinds.find((kind) => kind !== "reflink") === "copy") return;
  const out: TrackedOut = {
    path,
    written: owner?.out.written ?? basename(path),
    digest: { md5: state.md5, isLegacy: false },
    sizeBytes: state.sizeBytes,
    files: state.files,
    isExecutable: state.isExecutable,
    raw: {},
    kind: "out",
    isCached: true,
    persists: false,
    isPushed: true,
    remote: undefined,
    annotations: {},
  };
  // What was hashed now was stored now, or found sound; what the index knew was not looked at.
  const isVerified = state.hashedFiles === (state.files ?? 1);
  await checkoutOut(session, out, { isRelinked: true, isForced: true, isVerified });
}

function expandTargets(here: string, { targets, isGlob = false }: AddOptions): string[] {
  if (!isGlob) return [...targets];
  const found = targets.flatMap((target) => globSync(target, { cwd: here }).toSorted());
  if (found.length > 0) return found;
  throw new Problem(problems.dvc_path_missing, {
    message: `Glob ${targets.map((target) => `'${target}'`).join(", ")} has no matches.`,
  });
}

function copyTo(here: string, targets: readonly string[], out: string, isForced = false): string {
  const [target, second] = targets;
  if (target === undefined || second !== undefined) {
    throw new Problem(problems.dvc_call_invalid, { message: "multiple targets can't be used with --out" });
  }
  const source = resolve(here, target);
  const place = resolve(here, out);
  const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
  const goal = isFolder ? join(place, basename(source)) : place;
  if (existsSync(goal)) {
    if (!isForced) {
      throw new Problem(problems.dvc_unsaved_data, {
        message: `The file '${out}' already exists locally.\nTo override it, re-run with '--force'.`,
      });
    }
    removePath(goal);
  }
  if (!existsSync(source)) {
    throw new Problem(problems.dvc_path_missing, { message: `'${target}' does not exist` });
  }
  cpSync(source, goal, { recursive: true });
  return goal;
}
