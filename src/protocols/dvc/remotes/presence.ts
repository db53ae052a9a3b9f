import { inParallel } from "#kernel/in-parallel";

import type { Packs } from "./packs.ts";
import type { Remote } from "./remote.ts";
import { objectName, remoteKey } from "./used-objects.ts";
import type { UsedObject } from "./used-objects.ts";

// Up to so many objects are asked for one by one; of more the remote's folders are listed.
const askedOneByOne = 256;

/** Which of some objects a remote has, by their names. */
export async function presentIn(
  remote: Remote,
  packs: Packs,
  objects: readonly UsedObject[],
): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  const asked = objects.filter(({ digest }) => {
    if (digest.isLegacy || packs.find(digest.md5) === undefined) return true;
    present.add(objectName(digest));
    return false;
  });
  if (asked.length <= askedOneByOne || remote.isReadOnly) {
    await inParallel(asked, remote.calls, async ({ digest }) => {
      if (await remote.has(remoteKey(digest))) present.add(objectName(digest));
    });
    return present;
  }
  const prefixes = new Set(asked.map(({ digest }) => remoteKey(digest).replace(/[^/]*$/, "")));
  const keys = new Set<string>();
  await inParallel([...prefixes], remote.calls, async (prefix) => {
    for (const { key } of await remote.list(prefix)) keys.add(key);
  });
  for (const { digest } of asked) if (keys.has(remoteKey(digest))) present.add(objectName(digest));
  return present;
}
