import { join } from "node:path";

import { openPacks } from "../remotes/packs.ts";
import { presentIn } from "../remotes/presence.ts";
import { openRemote } from "../remotes/remote.ts";
import { objectName, usedOuts } from "../remotes/used-objects.ts";
import type { Session } from "../session.ts";
import { distinct } from "./push.ts";
import { chooseEverywhere } from "./revisions.ts";
import type { RevisionOptions } from "./revisions.ts";
import type { TargetOptions } from "./targets.ts";

export type CloudChange = "new" | "deleted" | "missing";

/** By path: `new` is in the cache alone, `deleted` in the remote alone, `missing` in neither. */
export async function cloudStatus(
  session: Session,
  options: TargetOptions &
    RevisionOptions & { readonly remote?: string | undefined; readonly jobs?: number | undefined },
): Promise<Readonly<Record<string, CloudChange>>> {
  const chosen = await chooseEverywhere(session, options);
  const outs = usedOuts(session, chosen, { isForPush: true });
  const names = new Set(outs.map(({ own }) => options.remote ?? own.remote));
  if (names.size === 0) names.add(options.remote);
  const changes: Record<CloudChange, [string, CloudChange][]> = { deleted: [], new: [], missing: [] };
  for (const name of names) {
    const remote = await openRemote(session.repository, name, options.jobs);
    try {
      const objects = distinct(
        outs
          .filter(({ own }) => (options.remote ?? own.remote) === name)
          .flatMap(({ own, files }) => [own, ...(files ?? [])]),
      );
      const packs = await openPacks(remote, join(session.repository.temporaryFolder, "gyre", "packs"));
      const inRemote = await presentIn(remote, packs, objects);
      for (const { digest, path } of objects) {
        const [isHere, isThere] = [session.cache.has(digest), inRemote.has(objectName(digest))];
        if (isHere && isThere) continue;
        const change = isHere ? "new" : isThere ? "deleted" : "missing";
        changes[change].push([path, change]);
      }
    } finally {
      await remote.close();
    }
  }
  return Object.fromEntries([...changes.deleted, ...changes.new, ...changes.missing]);
}
