// `npm run build:program`, a part of every `npm ci`: the server, the gateway and the analyst as few large files.
// Reading 1,300 small ones, stripping their types and linking them was half of the start and a sixth of the
// memory at rest. Plain JavaScript for the Node that installs, which need not be ours.
import { rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { rolldown } from "rolldown";

import { manifestFile, programFolder } from "./built-program.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");
const folder = join(root, programFolder);

/** What is started as a process or a thread of its own, by the name of its file in the built program. */
const entries = {
  main: "src/cli/main.ts",
  gateway: "src/gateway/main.ts",
  analyst: "src/kernel/columnar/analyst-process.ts",
  "dvc-hash-worker": "src/protocols/dvc/files/hash-worker.ts",
};

/** By the name of a built file what is in it, once it was looked up. */
const reachable = {};
/** The modules that `gyre dvc` may ever load. */
let neededByDvc = new Set();

const bundle = await rolldown({
  input: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)])),
  platform: "node",
  // Packages with native parts find those from where they lie.
  external: [/^onnxruntime-node/, /^@duckdb\//, "pg-native"],
  // Nobody imports what is started; a file that is may hold more than its entry gives away.
  preserveEntrySignatures: "allow-extension",
  plugins: [
    { name: "places", transform: keepPlaces },
    { name: "lazily exported", renderChunk: takeWithoutReading },
    {
      name: "needs of dvc",
      buildEnd() {
        const parts = ["cli/dvc/run.ts", "protocols/dvc/files/hash-worker.ts"].map((path) =>
          join(root, "src", path),
        );
        neededByDvc = reach(parts, this, true).add(join(root, entries.main));
      },
    },
  ],
  // A session of DVC is loaded late by most commands, and at once by what opens several.
  checks: { pluginTimings: false, ineffectiveDynamicImport: false },
});
rmSync(folder, { recursive: true, force: true });
const { output } = await bundle.write({
  dir: folder,
  format: "esm",
  chunkFileNames: "[name]-[hash].js",
  codeSplitting: {
    groups: [{ name: togetherWith, test: /[\\/]dvc[\\/]/ }],
    includeDependenciesRecursively: false,
  },
});
await bundle.close();

const sources = output.flatMap((chunk) => ("moduleIds" in chunk ? chunk.moduleIds : []));
const own = sources.filter((path) => path.startsWith(join(root, "src")));
const files = [...own, join(root, "package.json"), join(root, "package-lock.json")].toSorted();
const isForOthers = (path) => own.includes(path) && !neededByDvc.has(path);
const manifest = {
  dvc: files.filter((path) => !isForOthers(path)).map(fingerprint),
  others: files.filter(isForOthers).map(fingerprint),
};
writeFileSync(join(folder, manifestFile), `${JSON.stringify(manifest)}\n`);

/**
 * What `dvc add` needs is one file and not thirty of some hundred lines, each of which costs half a millisecond to be
 * found and linked; and another what its threads need. A module belongs to the first that reaches it.
 */
function togetherWith(path, modules) {
  const together = {
    "dvc-hashing": ["protocols/dvc/files/hash-worker.ts"],
    "dvc-adding": [
      "cli/dvc/run.ts",
      "cli/dvc/add.ts",
      "protocols/dvc/session.ts",
      "protocols/dvc/verbs/add.ts",
    ],
  };
  return Object.keys(together).find((name) => {
    reachable[name] ??= reach(
      together[name].map((entry) => join(root, "src", entry)),
      modules,
    );
    return reachable[name].has(path);
  });
}

/** The modules that are imported from some, and from those; also those that are only loaded later, if asked for. */
function reach(paths, modules, includesLater = false) {
  const found = new Set();
  const waiting = [...paths];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const { importedIds = [], dynamicallyImportedIds = [] } = modules.getModuleInfo(path) ?? {};
    waiting.push(...importedIds, ...(includesLater ? dynamicallyImportedIds : []));
  }
  return found;
}

/** A file's place, size and time: what `findBuiltProgram` compares. */
function fingerprint(path) {
  const { size, mtimeMs } = statSync(path);
  return [relative(root, path), size, mtimeMs];
}

/**
 * An `import` of a part of Node reads everything that it exports, and of `node:http` that loads the whole of `fetch`
 * and its WebSocket: 40 ms, which most commands and the start of a server do not need. Asked for by a call, the
 * part is the same and nothing is read but what is named.
 */
function takeWithoutReading(code, { fileName }) {
  const taken = code.replaceAll(
    /^import \{ ([^}]+) \} from "node:http";$/gm,
    (_, names) => `const { ${names.replaceAll(" as ", ": ")} } = process.getBuiltinModule("node:http");`,
  );
  if (/^import .*"(node:)?http"/m.test(taken))
    throw new Error(`${fileName} imports node:http in a form that the built program does not take apart`);
  return taken;
}

/**
 * The sources find what lies beside them by `import.meta`, which in a built file names another folder: their own
 * folder is written as a path from there. A program that is an entry itself is named by its built file.
 */
function keepPlaces(code, path) {
  if (!path.startsWith(join(root, "src")) || !code.includes("import.meta")) return undefined;
  const fromFolder = relative(folder, dirname(path)).replaceAll("\\", "/");
  const placed = code
    .replaceAll(/new URL\("([^"]+)", import\.meta\.url\)/g, (_, name) => {
      const target = relative(root, join(dirname(path), name)).replaceAll("\\", "/");
      const entry = Object.entries(entries).find(([, source]) => source === target);
      if (entry === undefined) throw new Error(`${path} starts ${target}, which is not among the entries`);
      return `new URL("./${entry[0]}.js", import/**/.meta.url)`;
    })
    .replaceAll("import.meta.dirname", `(import/**/.meta.dirname + ${JSON.stringify(`/${fromFolder}`)})`);
  if (/import\.meta\.(url|dirname|filename)/.test(placed))
    throw new Error(`${path} asks for its own place in a way that the built program does not keep`);
  return placed.replaceAll("import/**/.meta", "import.meta");
}
