import { parseExactJson } from "#kernel/exact-json";

import { isFolderDigest } from "../formats/listing.ts";
import { readYamlValue } from "../formats/yaml-reader.ts";
import type { YamlValue } from "../formats/yaml-value.ts";
import type { Project } from "../repository/project.ts";
import type { SourceTree } from "../repository/source-tree.ts";
import type { Session } from "../session.ts";
import { readParameters } from "./changes.ts";

/** A revision, and what its files say. */
export interface Snapshot {
  readonly tree: SourceTree;
  readonly project: Project;
}

/** Why a file is in neither the tree nor the cache, in DVC's words: programs tell the cases apart by them. */
export function absence(
  session: Session,
  { project }: Snapshot,
  path: string,
): { readonly type: string; readonly msg: string } {
  const out = project.stages
    .flatMap(({ outs }) => outs)
    .find((own) => own.isCached && (own.path === path || path.startsWith(`${own.path}/`)));
  const missing = (why: string): { readonly type: string; readonly msg: string } => ({
    type: "FileNotFoundError",
    msg: `[Errno 2] ${why}: '${path}'`,
  });
  if (out?.digest === undefined || !isFolderDigest(out.digest.md5)) {
    return missing(out?.path === path ? "No storage files available" : "No such file or directory");
  }
  const listing = session.cache.listing(out.digest);
  if (listing === undefined) {
    const parts = out.path.split("/").map((part) => `'${part}'`);
    const tuple = parts.length === 1 ? `${parts[0] ?? ""},` : parts.join(", ");
    return { type: "DataIndexDirError", msg: `failed to load directory (${tuple})` };
  }
  const isListed = listing.some((file) => `${out.path}/${file.path}` === path);
  return missing(isListed ? "No storage files available" : "No such file or directory");
}

/** A file of a snapshot: from its tree, else from the cache by what the snapshot says of it. */
export function readTracked(session: Session, { tree, project }: Snapshot, path: string): string | undefined {
  const text = tree.readText(path);
  if (text !== undefined) return text;
  for (const { outs } of project.stages) {
    for (const { path: own, digest, isCached } of outs) {
      // A run that is remembered has outs in the cache that are for Git alone; a commit does not speak of those.
      if (!isCached || digest === undefined || (own !== path && !path.startsWith(`${own}/`))) continue;
      const md5 =
        own === path
          ? digest.md5
          : session.cache.listing(digest)?.find((file) => `${own}/${file.path}` === path)?.md5;
      if (md5 === undefined || !session.cache.has({ md5, isLegacy: digest.isLegacy })) continue;
      return session.cache.read({ md5, isLegacy: digest.isLegacy }).toString();
    }
  }
  return undefined;
}

/** The files of a folder that is named whole. */
export function expandFolder(session: Session, { tree, project }: Snapshot, path: string): readonly string[] {
  for (const { outs } of project.stages) {
    const own = outs.find((out) => out.path === path || path.startsWith(`${out.path}/`));
    if (own?.digest === undefined || !isFolderDigest(own.digest.md5)) continue;
    if (tree.revision === undefined && tree.readText(path) !== undefined) return [path];
    const inside = session.cache.listing(own.digest)?.map((file) => `${own.path}/${file.path}`) ?? [];
    const below = inside.filter((file) => file.startsWith(`${path}/`));
    if (below.length > 0) return below;
  }
  return tree.filesBelow(path) ?? [path];
}

/** What a file of metrics or parameters holds, by its ending. */
export function readValues(path: string, text: string): YamlValue {
  if (/\.(toml|py)$/i.test(path)) return readParameters(path, text);
  if (!/\.json$/i.test(path)) return readYamlValue(path, text);
  try {
    return parseExactJson(text);
  } catch {
    // Python writes NaN and Infinity, which JSON does not know and YAML spells otherwise.
    return readParameters(
      "metrics.yaml",
      text.replaceAll(/(?<=[\s:[,])(-?)(NaN|Infinity)(?=\s*[,}\]])/g, yamlNumber),
    );
  }
}

function yamlNumber(_whole: string, sign: string, name: string): string {
  return name === "NaN" ? ".nan" : `${sign}.inf`;
}
