import type { PathDigest } from "../formats/entries.ts";
import { isFolderDigest } from "../formats/listing.ts";
import { isRepositoryImport } from "../repository/stages.ts";
import type { TrackedOut } from "../repository/stages.ts";
import type { Session } from "../session.ts";
import type { Chosen } from "../verbs/targets.ts";

/** An object that tracked data is made of, and what it is of, for messages. */
export interface UsedObject {
  readonly digest: PathDigest;
  readonly path: string;
  /** The remote the out asks for; undefined for the default. */
  readonly remote: string | undefined;
}

/** The listing of a folder and its files go together: what has the listing is to have the files. */
export interface UsedOut {
  readonly own: UsedObject;
  /** The files of a folder; undefined while its listing is not here. */
  readonly files: readonly UsedObject[] | undefined;
  readonly out: TrackedOut;
  readonly within: string | undefined;
}

/** The cached outs of stages, as far as they are asked for. */
export function usedOuts(
  session: Session,
  chosen: readonly Chosen[],
  options: { readonly isForPush?: boolean } = {},
): readonly UsedOut[] {
  return chosen.flatMap(({ stage, within }) => {
    if (isRepositoryImport(stage)) return [];
    return stage.outs.flatMap((out): UsedOut[] => {
      if (!out.isCached || out.digest === undefined) return [];
      if (options.isForPush === true && !out.isPushed) return [];
      if (within !== undefined && !isTouched(out.path, within)) return [];
      const own = { digest: out.digest, path: session.show(out.path), remote: out.remote };
      return [{ own, files: filesOf(session, out, within), out, within }];
    });
  });
}

/** The objects of a folder's files; none for a file. */
export function filesOf(
  session: Session,
  out: TrackedOut,
  within: string | undefined,
): readonly UsedObject[] | undefined {
  const { digest } = out;
  if (digest === undefined || !isFolderDigest(digest.md5)) return [];
  const listing = session.cache.listing(digest);
  return listing
    ?.filter(({ path }) => within === undefined || isTouched(`${out.path}/${path}`, within))
    .map(({ path, md5 }) => ({
      digest: { md5, isLegacy: digest.isLegacy },
      path: session.show(`${out.path}/${path}`),
      remote: out.remote,
    }));
}

function isTouched(path: string, within: string): boolean {
  return path === within || path.startsWith(`${within}/`) || within.startsWith(`${path}/`);
}

/** Where DVC keeps an object in a remote. */
export function remoteKey({ md5, isLegacy }: PathDigest): string {
  return `${isLegacy ? "" : "files/md5/"}${md5.slice(0, 2)}/${md5.slice(2)}`;
}

export function objectName({ md5, isLegacy }: PathDigest): string {
  return `${isLegacy ? "legacy:" : ""}${md5}`;
}
