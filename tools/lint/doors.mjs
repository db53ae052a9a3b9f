/**
 * Checks the direction of every import against the order of `imports` in package.json: a module may
 * use only the doors listed above its own, and enters another module through its door alone.
 */
import { readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";

// Who may give orders: what reacts, what translates, what a person types, and what wires it all.
const mayOrder = ["#loops", "#protocols", "#cli", "#main"];

/** @typedef {{ name: string, module: string, target: string, rank: number }} Door */

/** Reads the doors of a package, in their order. */
export function readDoors(folder) {
  const { imports } = JSON.parse(readFileSync(resolve(folder, "package.json"), "utf8"));
  return Object.entries(imports).map(([name, target], rank) => ({
    name,
    module: name.replace(/\/(commands|\*)$/, ""),
    target: target.replace(/^\.\//, ""),
    rank,
  }));
}

/**
 * What is wrong with `specifier` in `file` (relative to the package, with `/`), or undefined.
 * @param {readonly Door[]} doors
 */
export function whyRefused(doors, file, specifier) {
  if (!file.startsWith("src/")) return undefined;
  const isTest = /\.test\.tsx?$/.test(file);
  if (specifier.startsWith("#")) return whyDoorRefused(doors, file, specifier, isTest);
  if (specifier.startsWith(".")) return whyRelativeRefused(doors, file, specifier, isTest);
  return undefined;
}

function whyDoorRefused(doors, file, specifier, isTest) {
  const door = doors.find((one) => one.name === specifier || matchesPattern(one.name, specifier));
  if (door === undefined)
    return `There is no door ${specifier}: use one listed under "imports" in package.json.`;
  return whyEntryRefused(doors, file, door, isTest);
}

function whyEntryRefused(doors, file, door, isTest) {
  const own = moduleOf(doors, file);
  if (own === door.module || isTest) return undefined;
  if (door.module === "#kernel/testing")
    return "Only tests import #kernel/testing: move what is needed into a module.";
  if (own === undefined) return undefined;
  if (door.name.endsWith("/commands") && !mayOrder.includes(own)) {
    return `${own} may ask ${door.module} but not give it orders: announce an event and let a file in src/domain/loops give the order.`;
  }
  const ownRank = Math.min(...doors.filter((one) => one.module === own).map((one) => one.rank));
  if (door.rank < ownRank) return undefined;
  const before = `${own} comes before ${door.module} in the imports of package.json`;
  return own.startsWith("#kernel/")
    ? `${before}: let ${door.module} hand in what is needed as an argument.`
    : `${before}: announce an event and let ${door.module} (or a file in src/domain/loops) react.`;
}

function whyRelativeRefused(doors, file, specifier, isTest) {
  const target = resolve("/", dirname(file), specifier).slice(1);
  const own = moduleOf(doors, file);
  const other = moduleOf(doors, target);
  if (other === undefined || own === other) return undefined;
  // A folder may hold a second, smaller door beside its index.ts; its files are one module all the same.
  if (dirname(file) === dirname(target) && dirname(file) !== "src/kernel") return undefined;
  // Within the kernel the path of a door is as good as its name.
  const door = doors.find((one) => one.target === target);
  const insideKernel = file.startsWith("src/kernel/") && target.startsWith("src/kernel/");
  if (door !== undefined && insideKernel) return whyEntryRefused(doors, file, door, isTest);
  return `Enter ${other} through its door: import from "${other}" instead of "${specifier}".`;
}

/** The module a file belongs to, by the folder (or the file) its door points to. */
function moduleOf(doors, file) {
  return doors.find(({ target }) => {
    const folder = target.replace(/\*.*$/, "");
    return target.endsWith("/index.ts") || target.includes("*")
      ? file.startsWith(target.includes("*") ? folder : `${dirname(target)}/`)
      : file === target;
  })?.module;
}

function matchesPattern(name, specifier) {
  return name.endsWith("*") && specifier.startsWith(name.slice(0, -1));
}

const doorsRule = {
  meta: { type: "problem", docs: { description: "imports follow the doors of package.json" } },
  create(context) {
    const doors = readDoors(context.cwd);
    const file = relative(context.cwd, context.filename).split(sep).join("/");
    const check = (source) => {
      if (typeof source?.value !== "string") return;
      const message = whyRefused(doors, file, source.value);
      if (message !== undefined) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal ?? node.argument),
    };
  },
};

export default { meta: { name: "gyre" }, rules: { doors: doorsRule } };
