import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";
import { parseToml } from "./toml.ts";

const dependencySchema = z.object({
  name: z.string(),
  version: z.string().optional(),
  marker: z.string().optional(),
  extra: z.array(z.string()).default([]),
});
const archiveSchema = z.object({ hash: z.string().optional() });
const packageSchema = z.object({
  name: z.string(),
  version: z.string().optional(),
  source: z.record(z.string(), z.unknown()),
  "resolution-markers": z.array(z.string()).default([]),
  dependencies: z.array(dependencySchema).default([]),
  "optional-dependencies": z.record(z.string(), z.array(dependencySchema)).default({}),
  sdist: archiveSchema.optional(),
  wheels: z.array(archiveSchema).default([]),
});
/** The form of uv's lock files, version 1; https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile */
const lockSchema = z.object({ version: z.literal(1), package: z.array(packageSchema).default([]) });

type Package = z.infer<typeof packageSchema>;

/**
 * The packages of a `uv.lock` as lines of requirements with their hashes: what the project at its root needs
 * to run, each under the markers of every way that leads to it; groups for development are left out. Throws
 * `environment_file_invalid` for a lock of another form, and for packages that are folders.
 */
export function requirementsOfUvLock(text: string, path: string): string {
  const read = lockSchema.safeParse(parseToml(text, path));
  if (!read.success) throw invalid(`${path} is no uv.lock of version 1`);
  const packages = read.data.package;
  const root = packages.find(({ source }) =>
    [source["virtual"], source["editable"], source["directory"]].includes("."),
  );
  if (root === undefined) throw invalid(`${path} names no project at its root`);
  const markers = collectMarkers(root, packages, path);
  const needed = packages.filter((one) => one !== root && markers.has(one));
  const lines = needed.map((one) => ({
    line: lineOf(one, markers.get(one) ?? new Set(), path),
    hashes: hashesOf(one),
  }));
  // An installer that sees one hash demands all.
  const areHashed = lines.every(({ hashes }) => hashes.length > 0);
  return lines
    .map(
      ({ line, hashes }) => `${line}${areHashed ? hashes.map((hash) => ` --hash=${hash}`).join("") : ""}\n`,
    )
    .toSorted()
    .join("");
}

// Beyond so many different ways to a package its markers say little, and a line of them would grow without end.
const mostWays = 16;

/** For each package the conditions under which it is needed; an empty text is always. */
function collectMarkers(
  root: Package,
  packages: readonly Package[],
  path: string,
): Map<Package, Set<string>> {
  const found = new Map<Package, Set<string>>();
  const visited = new Set<string>();
  const visit = (from: Package, extras: readonly string[], condition: string): void => {
    const wanted = [
      ...from.dependencies,
      ...extras.flatMap((extra) => from["optional-dependencies"][extra] ?? []),
    ];
    for (const { name, version, marker, extra } of wanted) {
      const all = packages.filter(
        (one) => one.name === name && (version === undefined || one.version === version),
      );
      if (all.length === 0) throw invalid(`${path} needs ${name} and does not lock it`);
      for (const one of all) {
        const ways = found.get(one) ?? new Set<string>();
        const way = ways.size >= mostWays ? "" : both(condition, marker ?? "");
        const key = JSON.stringify([packages.indexOf(one), extra, way]);
        if (one === root || visited.has(key)) continue;
        visited.add(key);
        found.set(one, ways.add(way));
        visit(one, extra, way);
      }
    }
  };
  visit(root, [], "");
  return found;
}

function lineOf(one: Package, ways: ReadonlySet<string>, path: string): string {
  const { name, version, source } = one;
  const reached = ways.has("") ? "" : [...ways].toSorted().map(inParentheses).join(" or ");
  const marker = both(reached, one["resolution-markers"].map(inParentheses).join(" or "));
  const suffix = marker === "" ? "" : ` ; ${marker}`;
  if (typeof source["registry"] === "string") return `${name}==${version ?? ""}${suffix}`;
  if (typeof source["url"] === "string") return `${name} @ ${source["url"]}${suffix}`;
  if (typeof source["git"] === "string") {
    const commit = new URL(source["git"]).hash.slice(1);
    const address = source["git"].replace(/[?#].*$/, "");
    return `${name} @ git+${address}${commit === "" ? "" : `@${commit}`}${suffix}`;
  }
  throw invalid(
    `${path} locks ${name} as a folder of the project, and only packages of an index, a URL or Git can be installed`,
  );
}

function hashesOf({ sdist, wheels }: Package): readonly string[] {
  const archives = [...wheels, ...(sdist === undefined ? [] : [sdist])];
  return [...new Set(archives.flatMap(({ hash }) => hash ?? []))].toSorted();
}

function both(a: string, b: string): string {
  if (a === "" || a === b) return b;
  return b === "" ? a : `${inParentheses(a)} and ${inParentheses(b)}`;
}

function inParentheses(marker: string): string {
  return `(${marker})`;
}

function invalid(why: string): Problem {
  return new Problem(problems.environment_file_invalid, { message: `${why}.` });
}
