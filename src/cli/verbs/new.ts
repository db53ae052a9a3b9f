import { cpSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { makeFolder } from "#kernel/disk";
import { Problem } from "#kernel/errors";
import { nearest } from "#kernel/nearest";

import { problems } from "../problems.ts";
import { shownPath } from "../project.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb, word } from "../verb.ts";

const blueprints = join(import.meta.dirname, "..", "..", "..", "blueprints");
const optionsSchema = z.object({
  blueprint: z.string().default("text-classification"),
  dir: z.string().optional(),
});

export function registerNew(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, {
    usage: "new <name>",
    summary: "make a project from a template",
    arguments: { name: "the name of the project: lower-case letters, digits and hyphens" },
    examples: [
      ["gyre new airline-care", "a text classifier, with data, in ./airline-care"],
      ["gyre new airline-care --dir .", "in this folder, when it is empty"],
    ],
    options: [
      { flags: "--blueprint <name>", says: "the template (text-classification)" },
      { flags: "--dir <folder>", says: "the folder to write to (./NAME)" },
    ],
    schema: optionsSchema,
    async act(call) {
      const name = word(call, 0);
      const folder = resolve(call.options.dir ?? name);
      refuseBadName(name);
      const files = copyBlueprint(findBlueprint(call.options.blueprint), requireEmpty(folder), name);
      if (terminal.wantsJson) return terminal.printJson({ project: name, folder, files });
      terminal.print(`Made the project ${name} in ${shownPath(folder)} (${files.length} files).`);
      terminal.say("");
      terminal.say("Next:");
      if (folder !== process.cwd()) terminal.say(`  cd ${shownPath(folder)}`);
      terminal.say("  gyre check        what follows from gyre.yaml");
      terminal.say("  gyre up           the server, on this machine");
      terminal.say("  gyre run          in a second terminal: prepare, train, evaluate, export");
    },
  });
}

function refuseBadName(name: string): void {
  if (/^[a-z][a-z0-9-]{0,62}$/.test(name)) return;
  const better = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  throw new Problem(problems.project_name_invalid, {
    message: `"${name}" cannot be the name of a project.`,
    ...(better === "" ? {} : { next: `Use lower-case letters, digits and hyphens: gyre new ${better}` }),
  });
}

function findBlueprint(name: string): string {
  const known = readdirSync(blueprints).filter((one) => statSync(join(blueprints, one)).isDirectory());
  if (known.includes(name)) return join(blueprints, name);
  const suggestion = nearest(name, known);
  throw new Problem(problems.blueprint_unknown, {
    message: `There is no blueprint "${name}"; there are ${known.join(", ")}.`,
    ...(suggestion === undefined ? {} : { next: `Did you mean: --blueprint ${suggestion}` }),
  });
}

function requireEmpty(folder: string): string {
  // A state folder or a fresh repository is no obstacle.
  const present = existsSync(folder)
    ? readdirSync(folder).filter((name) => name !== ".git" && name !== ".gyre")
    : [];
  if (present.length === 0) return folder;
  throw new Problem(problems.folder_not_empty, {
    message: `The folder ${shownPath(folder)} is not empty: it holds ${present.slice(0, 3).join(", ")}${present.length > 3 ? " and more" : ""}.`,
  });
}

const leftOut = new Set(["__pycache__", ".gyre", "mlruns", "mlflow.db", "node_modules"]);

function copyBlueprint(blueprint: string, folder: string, name: string): readonly string[] {
  makeFolder(folder);
  cpSync(blueprint, folder, { recursive: true, filter: (source) => !leftOut.has(basename(source)) });
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) => !path.startsWith(join(folder, ".git", "/")) && !path.startsWith(join(folder, ".gyre", "/")),
    );
  for (const path of files) fillPlaceholders(path, name);
  return files.map((path) => path.slice(folder.length + 1)).sort();
}

function fillPlaceholders(path: string, name: string): void {
  const bytes = readFileSync(path);
  if (bytes.includes("{{name}}")) writeFileSync(path, bytes.toString("utf8").replaceAll("{{name}}", name));
}
