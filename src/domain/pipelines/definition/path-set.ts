/** Many paths, asked about one by one without looking at each. */
export interface PathSet {
  /** Whether the path is one of them, or lies within one. */
  covers(path: string): boolean;
  /** Whether one of them is the path, or lies within it. */
  leadsTo(path: string): boolean;
}

export function createPathSet(paths: Iterable<string>): PathSet {
  const members = new Set(paths);
  let above: Set<string> | undefined;
  return {
    covers: (path) => members.has(path) || foldersAbove(path).some((folder) => members.has(folder)),
    leadsTo(path) {
      above ??= new Set([...members].flatMap(foldersAbove));
      return members.has(path) || above.has(path);
    },
  };
}

/** `.`, `a` and `a/b` of `a/b/c`; the root itself has none. */
export function foldersAbove(path: string): readonly string[] {
  if (path === ".") return [];
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const known = foldersOf.get(folder);
  if (known !== undefined) return known;
  const parts = folder.split("/");
  const folders = [
    ".",
    ...(folder === "" ? [] : parts.map((_part, index) => parts.slice(0, index + 1).join("/"))),
  ];
  if (foldersOf.size >= rememberedFolders) foldersOf.clear();
  foldersOf.set(folder, folders);
  return folders;
}

// The outs of a template lie in few folders: taking their paths apart was a third of the planning of many stages.
const rememberedFolders = 10_000;
const foldersOf = new Map<string, readonly string[]>();
