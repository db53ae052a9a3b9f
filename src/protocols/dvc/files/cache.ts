import { hash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import { Problem } from "#kernel/errors";

import type { PathDigest } from "../formats/entries.ts";
import { isFolderDigest, readListing } from "../formats/listing.ts";
import type { ListedFile } from "../formats/listing.ts";
import { problems } from "../problems.ts";
import { openCompleteListings } from "./complete-listings.ts";
import { asidePrefix } from "./half-written.ts";
import { objectPlace, storeBytes } from "./store-object.ts";

/** The objects of a repository in `.dvc/cache`: `files/md5/ab/…`, and the layout of DVC 2 beside it. */
export interface Cache {
  readonly folder: string;
  /** Where new objects go. */
  readonly objects: string;
  has(digest: PathDigest): boolean;
  /** Whether it has an object, and of a folder's listing every file. Throws `dvc_object_damaged`. */
  hasAll(digest: PathDigest): boolean;
  placeOf(digest: PathDigest): string;
  /** The bytes of an object, verified. Throws `dvc_object_missing`, `dvc_object_damaged`. */
  read(digest: PathDigest): Buffer;
  /** The files of a folder's listing; undefined when it is not in the cache. Throws `dvc_object_damaged`. */
  listing(digest: PathDigest): readonly ListedFile[] | undefined;
  storeListing(md5: string, text: string): void;
  /** Takes away an object whose bytes are not what its name says, and throws `dvc_object_damaged`. */
  setAside(digest: PathDigest): Problem;
  /** The digests of all objects of one layout. */
  list(isLegacy: boolean): readonly string[];
  /** To be called when objects were added or removed from outside of this view. */
  forget(): void;
  /** Keeps for the next command what was learnt. */
  save(): void;
}

export function openCache(folder: string, temporaryFolder: string): Cache {
  const roots = { false: join(folder, "files", "md5"), true: folder };
  const rootOf = (isLegacy: boolean): string => (isLegacy ? roots.true : roots.false);
  // By layout and the two digits of the folder: asked once for every file of a tree.
  const names = new Map<string, ReadonlySet<string>>();
  const namesIn = (prefix: string, isLegacy: boolean): ReadonlySet<string> => {
    const key = isLegacy ? `legacy ${prefix}` : prefix;
    let known = names.get(key);
    if (known === undefined) {
      known = new Set(readNames(join(rootOf(isLegacy), prefix)));
      names.set(key, known);
    }
    return known;
  };
  const placeOf = ({ md5, isLegacy }: PathDigest): string => objectPlace(rootOf(isLegacy), md5);
  const complete = openCompleteListings(roots.false, join(temporaryFolder, "gyre", "complete-listings.json"));
  const forget = (): void => {
    names.clear();
    complete.forget();
  };
  const has: Cache["has"] = ({ md5, isLegacy }) => namesIn(md5.slice(0, 2), isLegacy).has(md5.slice(2));
  const setAside = (digest: PathDigest): Problem => {
    const place = placeOf(digest);
    const aside = join(temporaryFolder, "damaged");
    try {
      mkdirSync(aside, { recursive: true });
      renameSync(place, join(aside, digest.md5));
    } catch {
      unlinkSync(place);
    }
    forget();
    return new Problem(problems.dvc_object_damaged, {
      message: `The object ${digest.md5} of the cache is damaged: its bytes have another digest.`,
      data: { md5: digest.md5, place },
    });
  };
  const read = (digest: PathDigest): Buffer => {
    let bytes: Buffer;
    try {
      bytes = readFileSync(placeOf(digest));
    } catch (cause) {
      throw missingObject(digest.md5, cause);
    }
    if (!isIntact(bytes, digest)) throw setAside(digest);
    return bytes;
  };
  const listing: Cache["listing"] = (digest) => {
    if (statSync(placeOf(digest), { throwIfNoEntry: false }) === undefined) return undefined;
    return readListing(placeOf(digest), read(digest).toString());
  };
  const hasFiles = (digest: PathDigest): boolean =>
    has(digest) && (listing(digest)?.every(({ md5 }) => has({ md5, isLegacy: digest.isLegacy })) ?? false);
  return {
    folder,
    objects: roots.false,
    has,
    hasAll(digest) {
      if (!isFolderDigest(digest.md5)) return has(digest);
      if (digest.isLegacy) return hasFiles(digest);
      return complete.isComplete(digest.md5, () => hasFiles(digest));
    },
    placeOf,
    read,
    listing,
    storeListing(md5, text) {
      storeBytes(roots.false, md5, Buffer.from(text));
      forget();
    },
    setAside,
    list(isLegacy) {
      const root = rootOf(isLegacy);
      return readNames(root)
        .filter((prefix) => /^[0-9a-f]{2}$/.test(prefix))
        .flatMap((prefix) => readNames(join(root, prefix)).map((name) => `${prefix}${name}`))
        .filter((md5) => /^[0-9a-f]{32}(\.dir)?$/.test(md5));
    },
    forget,
    save: complete.save,
  };
}

export function missingObject(md5: string, cause?: unknown): Problem {
  return new Problem(problems.dvc_object_missing, {
    message: `The object ${md5} is not in the cache.`,
    data: { md5 },
    cause,
  });
}

/** Legacy digests of texts are of other bytes than are stored; there only the size of the name is known. */
function isIntact(bytes: Buffer, { md5, isLegacy }: PathDigest): boolean {
  const plain = md5.replace(/\.dir$/, "");
  if (hash("md5", bytes, "hex") === plain) return true;
  if (!isLegacy || isFolderDigest(md5)) return false;
  const text = Buffer.from(bytes.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
  return hash("md5", text, "hex") === plain;
}

function readNames(place: string): readonly string[] {
  try {
    return readdirSync(place).filter((name) => !name.startsWith(asidePrefix));
  } catch {
    return [];
  }
}
