import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { inParallel } from "#kernel/in-parallel";

import type { Remote } from "../remotes/remote.ts";
import type { Session } from "../session.ts";

const folder = "runs/";

/** Sends remembered runs; DVC keeps them in a remote as in the cache. */
export async function pushRuns({ repository }: Session, remote: Remote): Promise<number> {
  const known = new Set((await remote.list(folder)).map(({ key }) => key));
  const missing = [...listRuns(repository.cacheFolder, folder)].filter((key) => !known.has(key));
  await inParallel(missing, remote.calls, async (key) => {
    await remote.put(key, readFileSync(join(repository.cacheFolder, key)));
  });
  return missing.length;
}

/** Brings the runs of a remote; a web server cannot tell which it has. */
export async function fetchRuns({ repository }: Session, remote: Remote): Promise<number> {
  if (remote.isReadOnly) return 0;
  const missing = (await remote.list(folder)).filter(({ key }) => {
    const isSafe = /^runs\/[0-9a-f]{2}\/[0-9a-f]{64}\/[0-9a-f]{64}$/.test(key);
    return isSafe && !existsSync(join(repository.cacheFolder, key));
  });
  await inParallel(missing, remote.calls, async ({ key }) => {
    const bytes = await remote.read(key);
    if (bytes === undefined) return;
    const place = join(repository.cacheFolder, key);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(`${place}.${process.pid}.tmp`, bytes);
    renameSync(`${place}.${process.pid}.tmp`, place);
  });
  return missing.length;
}

function* listRuns(root: string, below: string): Generator<string> {
  let entries;
  try {
    entries = readdirSync(join(root, below), { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    if (entry.isDirectory()) yield* listRuns(root, `${below}${entry.name}/`);
    else if (/^[0-9a-f]{64}$/.test(entry.name)) yield `${below}${entry.name}`;
  }
}
