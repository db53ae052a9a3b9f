import { writeFlags } from "./command-flags.ts";
import type { FlagStyle } from "./command-flags.ts";
import type { OutsidePaths } from "./paths.ts";
import { suggestName } from "./suggest.ts";
import { invalidAt } from "./source.ts";
import type { Site } from "./source.ts";
import { isComposite, isList, isMapping, kindOf, select, selectPath, toText } from "./values.ts";
import type { Mapping, Scalar, Value } from "./values.ts";

/** What `${…}` may name, and how a mapping is written into a command. */
export interface Scope {
  readonly values: Mapping;
  readonly flags: FlagStyle;
  /** What becomes of a path outside of the project: most callers refuse it, DVC's own commands keep it. */
  readonly outside?: OutsidePaths;
}

// A `${` behind a backslash is meant for the shell; expressions do not nest.
const expression = /(?<!\\)\$\{(.*?)\}/g;

export function isInterpolated(text: string): boolean {
  return text.search(expression) >= 0;
}

/** Whether `${` stands anywhere in the value or its keys; what has none means the same in every scope. */
export function mayDiffer(value: Value | undefined): boolean {
  if (typeof value === "string") return value.includes("${");
  if (isList(value)) return value.some(mayDiffer);
  return (
    isMapping(value) && Object.entries(value).some(([key, member]) => mayDiffer(key) || mayDiffer(member))
  );
}

/** Replaces every `${a.b[0]}` of a text that becomes part of a path or a name. The values must be scalars. */
export function interpolate(text: string, scope: Scope, site: Site): string {
  if (!text.includes("${")) return text;
  return replace(text, (expression) => {
    const value = lookUp(expression, scope, site);
    if (isComposite(value)) throw notAScalar(expression.inner, value, site);
    return toText(value);
  });
}

/** As `interpolate`, but a mapping becomes command line flags. */
export function interpolateCommand(text: string, scope: Scope, site: Site): string {
  if (!text.includes("${")) return text;
  return replace(text, (expression) => {
    const value = lookUp(expression, scope, site);
    if (isMapping(value)) return writeFlags(value, scope.flags, site);
    if (isList(value)) throw notAScalar(expression.inner, value, site);
    return toText(value);
  });
}

/** What stands between `${` and `}`, and the way it names; undefined when it cannot be read. */
interface Expression {
  readonly inner: string;
  readonly path: readonly string[] | undefined;
}

function replace(text: string, write: (expression: Expression) => string): string {
  let written = "";
  for (const part of partsOf(text)) written += typeof part === "string" ? part : unescape(write(part));
  return written;
}

// A template is taken apart once, not for each of the stages made of it.
const rememberedTexts = 10_000;
const takenApart = new Map<string, readonly (string | Expression)[]>();

function partsOf(text: string): readonly (string | Expression)[] {
  const known = takenApart.get(text);
  if (known !== undefined) return known;
  const parts: (string | Expression)[] = [];
  let at = 0;
  for (const match of text.matchAll(expression)) {
    const inner = match[1] ?? "";
    parts.push(unescape(text.slice(at, match.index)), { inner, path: pathOf(inner) });
    at = match.index + match[0].length;
  }
  parts.push(unescape(text.slice(at)));
  if (takenApart.size >= rememberedTexts) takenApart.clear();
  takenApart.set(text, parts);
  return parts;
}

/** A text that is one expression and nothing else keeps the type of its value; other texts stay texts. */
export function interpolateValue(value: Value, scope: Scope, site: Site): Value {
  if (typeof value === "string") return interpolateWhole(value, scope, site);
  if (isList(value)) return value.map((member, index) => interpolateValue(member, scope, site.at(index)));
  if (isMapping(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        interpolate(key, scope, site),
        interpolateValue(member, scope, site.at(key)),
      ]),
    );
  }
  return value;
}

export function interpolateScalar(value: Scalar, scope: Scope, site: Site): Scalar {
  if (typeof value !== "string") return value;
  const result = interpolateWhole(value, scope, site);
  if (isComposite(result)) throw notAScalar(value.slice(2, -1), result, site);
  return result;
}

function interpolateWhole(text: string, scope: Scope, site: Site): Value {
  if (!text.includes("${")) return text;
  const [match, second] = text.matchAll(expression);
  if (match === undefined || second !== undefined || match[0] !== text) return interpolate(text, scope, site);
  const inner = match[1] ?? "";
  return lookUp({ inner, path: pathOf(inner) }, scope, site);
}

function lookUp({ inner, path }: Expression, scope: Scope, site: Site): Value {
  if (path === undefined) {
    throw invalidAt(
      site,
      `"\${${inner}}" in ${site.name} cannot be read.`,
      "Expected a name with parts, such as ${train.layers[0].size}; to keep the text for the shell, write \\${…}.",
    );
  }
  const value = selectPath(scope.values, path);
  if (value === undefined) throw notFound(path, inner, scope, site);
  return value;
}

/** The grammar: a word, then any number of `.word` and `[word]`. */
function pathOf(inner: string): readonly string[] | undefined {
  const text = inner.trim();
  if (!/^[^.[\]]+(\.[^.[\]]+|\[[^.[\]]+\])*$/.test(text)) return undefined;
  return text.split(/[.[\]]+/).filter((part) => part !== "");
}

function notFound(path: readonly string[], inner: string, scope: Scope, site: Site): Error {
  let container: Value = scope.values;
  for (const [index, part] of path.entries()) {
    const next = select(container, part);
    if (next !== undefined) {
      container = next;
      continue;
    }
    const place = index === 0 ? "the variables" : `"${path.slice(0, index).join(".")}"`;
    const known = isMapping(container) ? Object.keys(container) : [];
    return invalidAt(
      site,
      `"\${${inner.trim()}}" in ${site.name} names nothing: ${place} have no "${part}".`,
      `${suggestName(part, known)} Variables come from params.yaml and from vars.`,
    );
  }
  throw new Error(`${inner} was found after all`);
}

function notAScalar(inner: string, value: Value, site: Site): Error {
  return invalidAt(
    site,
    `"\${${inner.trim()}}" in ${site.name} is ${kindOf(value)}, which cannot become part of a text.`,
    "Name one of its members; a whole mapping may stand in cmd only, where it becomes flags.",
  );
}

function unescape(text: string): string {
  return text.replaceAll("\\${", "${");
}
