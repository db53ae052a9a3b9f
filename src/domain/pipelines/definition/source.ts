import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, Node, ScalarTag } from "yaml";

import { Problem } from "#kernel/errors";
import type { SourcePosition } from "#kernel/errors";
import { explainSyntax } from "#kernel/yaml";

import { problems } from "../problems.ts";
import { isList, isMapping } from "./values.ts";
import type { Value } from "./values.ts";

/** A place in a YAML file: what stands there, where that is, and the way further down. */
export interface Site {
  readonly value: Value | undefined;
  /** The keys from the top of the file, such as `stages.train.deps[0]`. */
  readonly name: string;
  readonly position: SourcePosition;
  at(key: string | number): Site;
  /** The position of a key of the mapping here, rather than of its value. */
  keyPosition(key: string): SourcePosition;
}

/** Reads a YAML 1.2 file. Throws `pipeline_invalid` at the first error of syntax. */
export function readYamlSite(file: string, text: string): Site {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    intAsBigInt: true,
    merge: true,
    customTags: (tags) => [...tags, digitGroups],
  });
  const positionAt = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const error = document.errors[0];
  if (error !== undefined) {
    throw new Problem(problems.pipeline_invalid, {
      message: explainSyntax(error, text),
      position: positionAt(error.pos[0]),
    });
  }
  const root: Value = document.toJS();
  // Names and positions are found out when they are asked for: a template of a hundred thousand stages asks for few.
  const siteOf = (path: readonly (string | number)[], value: Value | undefined): Site => {
    let position: SourcePosition | undefined;
    const members = new Map<string | number, Site>();
    return {
      value,
      get name() {
        return nameOf(path);
      },
      get position() {
        return (position ??= positionAt(offsetOf(document, path)));
      },
      at(key) {
        const known = members.get(key);
        if (known !== undefined) return known;
        const member = siteOf([...path, key], memberOf(value, key));
        members.set(key, member);
        return member;
      },
      keyPosition: (key) => positionAt(keyOffsetOf(document, path, key)),
    };
  };
  return siteOf([], root);
}

/** The same place with another value, such as one in which `${…}` has been replaced. */
export function withValue(site: Site, value: Value | undefined): Site {
  return {
    value,
    get name() {
      return site.name;
    },
    get position() {
      return site.position;
    },
    at: (key) => withValue(site.at(key), memberOf(value, key)),
    keyPosition: (key) => site.keyPosition(key),
  };
}

// `1_000` is a number to the reader that existing files were written for.
const digitGroups: ScalarTag = {
  identify: () => false,
  default: true,
  tag: "tag:yaml.org,2002:int",
  test: /^[-+]?[0-9]+(?:_[0-9]+)+$/,
  resolve: (digits: string) => BigInt(digits.replaceAll("_", "")),
};

/** A problem of kind `pipeline_invalid` at a site: `message` says what is wrong, `next` what was expected. */
export function invalidAt(site: Site, message: string, next?: string): Problem {
  return invalidAtPosition(site.position, message, next);
}

export function invalidAtPosition(position: SourcePosition, message: string, next?: string): Problem {
  return new Problem(problems.pipeline_invalid, {
    message,
    position,
    ...(next === undefined ? {} : { next }),
  });
}

function memberOf(value: Value | undefined, key: string | number): Value | undefined {
  if (isList(value)) return value[Number(key)];
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function nameOf(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (name, key) => (typeof key === "number" ? `${name}[${key}]` : name === "" ? key : `${name}.${key}`),
    "",
  );
}

/** The offset of the deepest node that exists on the way. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const key of path) {
    node = childOf(document, node, key);
    if (node === undefined || node.range === undefined || node.range === null) break;
    offset = node.range[0];
  }
  return offset;
}

function keyOffsetOf(document: Document.Parsed, path: readonly (string | number)[], key: string): number {
  let node: Node | null | undefined = document.contents;
  for (const part of path) node = childOf(document, node, part);
  if (isAlias(node)) node = node.resolve(document);
  if (!isMap(node)) return offsetOf(document, path);
  const found = node.items.find((pair) => keyText(pair.key) === key)?.key;
  return isScalar(found) ? (found.range?.[0] ?? 0) : offsetOf(document, path);
}

function childOf(
  document: Document.Parsed,
  parent: Node | null | undefined,
  key: string | number,
): Node | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  const child: unknown = isSeq(node)
    ? node.items[Number(key)]
    : isMap(node)
      ? node.items.find((pair) => keyText(pair.key) === String(key))?.value
      : undefined;
  return isMap(child) || isSeq(child) || isScalar(child) || isAlias(child) ? child : undefined;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}
