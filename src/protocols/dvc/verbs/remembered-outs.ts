import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { isMapping } from "../formats/json-guards.ts";
import type { Project } from "../repository/project.ts";
import { placeOf } from "../repository/repository.ts";
import type { Session } from "../session.ts";

/**
 * The outs that were in the work tree after the last checkout, with their digests, in a file of ours: data
 * of another branch goes at the next checkout, if nobody has touched it since.
 */
export async function forgottenOuts(
  session: Session,
  project: Project,
): Promise<readonly { readonly path: string; readonly isFolder: boolean }[]> {
  const tracked = new Set(project.stages.flatMap(({ outs }) => outs.map(({ path }) => path)));
  const forgotten: { path: string; isFolder: boolean }[] = [];
  for (const [path, md5] of Object.entries(readRemembered(session))) {
    if (
      tracked.has(path) ||
      [...tracked].some((other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`))
    )
      continue;
    const found = await session.look(path);
    if (found !== undefined && found.md5 === md5)
      forgotten.push({ path, isFolder: found.files !== undefined });
  }
  return forgotten;
}

export async function rememberOuts(session: Session, project: Project): Promise<void> {
  const entries = project.stages.flatMap(({ outs }) =>
    outs.flatMap(({ path, digest, isCached }): [string, string][] => {
      const isThere = statSync(placeOf(session.repository, path), { throwIfNoEntry: false }) !== undefined;
      return isCached && digest !== undefined && isThere ? [[path, digest.md5]] : [];
    }),
  );
  const file = rememberedFile(session);
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}.tmp`;
  writeFileSync(aside, JSON.stringify(Object.fromEntries(entries)));
  renameSync(aside, file);
}

function readRemembered(session: Session): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(readFileSync(rememberedFile(session), "utf8"));
    if (!isMapping(value)) return {};
    return Object.fromEntries(
      Object.entries(value).flatMap(([path, md5]) => (typeof md5 === "string" ? [[path, md5]] : [])),
    );
  } catch {
    return {};
  }
}

function rememberedFile({ repository }: Session): string {
  return join(repository.temporaryFolder, "gyre", "outs.json");
}
