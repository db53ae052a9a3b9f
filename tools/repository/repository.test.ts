import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";

import { z } from "zod";

import { pathsOfTree, repositoryFiles } from "./tree.ts";

const files = repositoryFiles();
const isText = (file: string): boolean => !/\.(png|ico|woff2?|onnx|parquet|gz)$/.test(file);
const isSource = (file: string): boolean => /\.(ts|tsx|mjs|js|py)$/.test(file);
const read = (file: string): string => readFileSync(file, "utf8");

/** `file:line` of every match of the pattern, in the files that pass. */
function places(pattern: RegExp, wanted: (file: string) => boolean = isText): readonly string[] {
  return files.filter(wanted).flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

describe("the repository", () => {
  it("holds no path of the machine it was written on", () => {
    const workplaces = ["work/(main|trees|plan|shared)", "root/\\.", "tmp/bash_jobs"];
    assert.deepEqual(places(new RegExp(`(?<![\\w.~])/(${workplaces.join("|")})`)), []);
  });

  it("holds no name of a package registry's host, in the lock files least of all", () => {
    const hosts = ["registry\\.npmjs", "files\\.pythonhosted", "pypi\\.org", "artifactory", "jfrog"];
    assert.deepEqual(places(new RegExp(`(${hosts.join("|")})(?!\\|)`, "i"), isTextElsewhere), []);
    assert.doesNotMatch(read("package-lock.json"), /"resolved": "https?:/);
  });

  it("silences the type checker nowhere", () => {
    const silencers = ["@ts-(ignore|nocheck|expect-error)", "(\\bas|:) any(?=\\s*[;,)=>&.\\]}]|$)", "<any>"];
    assert.deepEqual(
      places(
        new RegExp(`^(?! *(\\*|//|/\\*)).*(${silencers.join("|")})`),
        (file) => isSource(file) && isTextElsewhere(file),
      ),
      [],
    );
  });

  it("has no file of code with more than 400 lines that are not blank", () => {
    const long = files.filter(
      (file) => isSource(file) && !allowedLong.includes(file) && lineCount(file) > 400,
    );
    assert.deepEqual(long, []);
  });

  it("names files in kebab-case", () => {
    const sources = files.filter((file) => isSource(file) && !file.startsWith("blueprints/"));
    const odd = sources.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)+$/.test(basename(file)));
    assert.deepEqual(odd, []);
  });
});

/** Tables of cases and invented data: splitting them would not make them easier to read. */
const allowedLong = [
  "src/domain/monitoring/monitoring.test.ts",
  "src/domain/pipelines/definition/pipeline.test.ts",
];

function lineCount(file: string): number {
  return read(file)
    .split("\n")
    .filter((line) => line.trim() !== "").length;
}

/** This file has to name what it looks for. */
function isTextElsewhere(file: string): boolean {
  return isText(file) && file !== "tools/repository/repository.test.ts";
}

describe("the documentation", () => {
  it("links only to what exists", () => {
    const broken = files
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) =>
        [...withoutBlocks(read(file)).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].flatMap(([, target = ""]) =>
          existsSync(join(dirname(file), target)) ? [] : [`${file}: ${target}`],
        ),
      );
    assert.deepEqual(broken, []);
  });
});

function withoutBlocks(markdown: string): string {
  return markdown.replaceAll(/```[^]*?```/g, "");
}

describe("the doors in package.json", () => {
  const { imports } = z
    .object({ imports: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read("package.json")));

  it("all lead to a file", () => {
    const walled = Object.entries(imports).filter(([, target]) =>
      target.includes("*") ? !files.some((file) => matchesDoor(file, target)) : !existsSync(target),
    );
    assert.deepEqual(walled, []);
  });

  it("include one for every module of the domain and the kernel", () => {
    const folders = [
      ...new Set(files.flatMap((file) => /^src\/(?:domain|kernel)\/[^/]+(?=\/)/.exec(file)?.[0] ?? [])),
    ];
    const targets = Object.values(imports);
    assert.deepEqual(
      folders.filter((folder) => !targets.includes(`./${folder}/index.ts`)),
      [],
    );
  });

  it("belong to modules that say in a README what they are for", () => {
    const modules = Object.values(imports)
      .filter((target) => target.endsWith("/index.ts") && !target.includes("*"))
      .map((target) => dirname(target))
      // A second, smaller door of a module is told of in the module's README.
      .filter((folder) => folder.split("/").length <= 4);
    const protocols = files.filter((file) => matchesDoor(file, "./src/protocols/*/index.ts")).map(dirname);
    const silent = [...modules, ...protocols, "src/cli", "web"].filter(
      (folder) => !existsSync(`${folder}/README.md`),
    );
    assert.deepEqual(silent, []);
  });
});

function matchesDoor(file: string, target: string): boolean {
  const [before = "", after = ""] = target.replace(/^\.\//, "").split("*");
  return file.startsWith(before) && file.endsWith(after) && !file.endsWith(".test.ts");
}

describe("the tree in ARCHITECTURE.md", () => {
  const paths = pathsOfTree(read("ARCHITECTURE.md"));

  it("names only what exists", () => {
    assert.ok(paths.length > 40, `only ${paths.length} paths were read`);
    assert.deepEqual(
      paths.filter((path) => !existsSync(path)),
      [],
    );
  });

  it("names every folder of the top, and every module of the sources", () => {
    const folders = files.flatMap((file) => {
      const parts = file.split("/");
      const depth =
        parts[0] === "src" && (parts[1] === "kernel" || parts[1] === "domain" || parts[1] === "protocols")
          ? 3
          : parts[0] === "src"
            ? 2
            : 1;
      return parts.length > depth ? [`${parts.slice(0, depth).join("/")}/`] : [];
    });
    assert.deepEqual(
      [...new Set(folders)].filter((folder) => !paths.includes(folder)),
      [],
    );
  });
});

describe("the reading of a tree", () => {
  it("joins names with the folders above them", () => {
    const tree =
      "x\n```tree\nsrc/\n  main.ts  the root\n  kernel/\n    ids.ts log.ts  small files\nweb/  the UI\n```\n";
    assert.deepEqual(pathsOfTree(tree), [
      "src/",
      "src/main.ts",
      "src/kernel/",
      "src/kernel/ids.ts",
      "src/kernel/log.ts",
      "web/",
    ]);
  });
});
